"""Parts of the main window: its actions, dialogs, opening and closing."""
