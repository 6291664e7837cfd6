"""The report engine: blocks and columns, and one renderer each for HTML, PDF and spreadsheets."""
