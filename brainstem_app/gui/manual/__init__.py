"""The manual in the window: the documentation without a connection, with contents, search and history."""
