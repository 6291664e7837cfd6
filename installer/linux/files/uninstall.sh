#!/bin/sh
# Removes the Brainstem App that install.sh has put here. Your studies, settings and models are kept.
set -eu

target="$(cd -- "$(dirname -- "$0")" && pwd -P)"
data="${XDG_DATA_HOME:-$HOME/.local/share}"
link="$HOME/.local/bin/brainstem-app"
refresh="$(mktemp)"
trap 'rm -f -- "$refresh"' EXIT

if [ ! -x "$target/brainstem-app" ] || [ ! -d "$target/_internal" ]; then
    printf '%s holds no Brainstem App.\n' "$target" >&2
    exit 1
fi
cp -- "$target/share/refresh.sh" "$refresh"
if [ "$(readlink -- "$link" 2>/dev/null)" = "$target/brainstem-app" ]; then rm -- "$link"; fi
rm -f -- "$data/applications/brainstem-app.desktop" "$data/icons/hicolor/scalable/apps/brainstem-app.svg" \
    "$data/mime/packages/brainstem-app.xml" "$data/man/man1/brainstem-app.1.gz"
cd /
rm -rf -- "$target"
sh "$refresh" "$data"
# Folders that are empty now were made by install.sh; the others stay.
for folder in icons/hicolor/scalable/apps icons/hicolor/scalable icons/hicolor icons man/man1 man \
    mime/packages mime applications; do
    rmdir -- "$data/$folder" 2>/dev/null || true
done
printf 'Brainstem App is removed. Your studies, settings and models are kept.\n'
