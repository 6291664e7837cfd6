"""The packages for Windows, built on any system: a folder with Python, and a setup.exe around it."""
