"""Forms made from the fields of a job, so that window, command line and file give the same settings."""
