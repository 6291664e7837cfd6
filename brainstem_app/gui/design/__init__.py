"""The design of the window: its colours, type, space and icons, in the light and in the dark."""
