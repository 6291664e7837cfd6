"""Page Compare: which networks, how large the plan is, and a heat map that fills in."""
