"""What stands at the foot of every report."""

from __future__ import annotations

from brainstem_app import __version__

FOOTER = f"Brainstem App {__version__}. Research software: not for diagnosis or treatment."
