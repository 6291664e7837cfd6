"""Training that can be stopped and goes on."""
