#!/bin/sh
# Tells the desktop of a change below $1, as far as it has the programs for it; without them it notices by itself.
if command -v update-mime-database >/dev/null && [ -d "$1/mime" ]; then update-mime-database "$1/mime" || true; fi
if command -v update-desktop-database >/dev/null; then update-desktop-database "$1/applications" || true; fi
# What the first program made of no files is nothing to keep.
if [ -d "$1/mime" ] && [ -z "$(ls -A "$1/mime/packages" 2>/dev/null)" ]; then rm -rf -- "$1/mime"; fi
if [ -z "$(find "$1/applications" -name '*.desktop' 2>/dev/null)" ]; then rm -f -- "$1/applications/mimeinfo.cache"; fi
