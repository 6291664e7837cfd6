"""A lab's own atlas: its maps and table, placed, resampled, and made an atlas of the program."""
