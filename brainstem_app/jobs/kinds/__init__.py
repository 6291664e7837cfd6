"""What each kind of job has to do: its settings, told once for all that show or read them."""
