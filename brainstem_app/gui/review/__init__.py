"""Page Review: look at labels from every side, compare, correct."""
