"""What the packages of both systems share: editions, names, pinned packages, what is inside."""
