"""Study that is open in the window: what is in it, and where the work was left."""
