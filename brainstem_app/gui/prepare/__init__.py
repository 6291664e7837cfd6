"""Page Prepare: scans to one space, reference labels, pictures to accept or reject."""
