"""Jobs about scans: label them, compare label maps, simulate."""
