#!/usr/bin/env bash
# Takes the picture of the first and the last page of setup that README.md shows, under wine:
#
#     installer/windows/photograph_setup.sh brainstem-app-…-setup.exe docs/images/install_windows.png
#
# Needs wine (64 bits), Xvfb, openbox, xdotool and ImageMagick. The folder shown is that of the user who runs it.
set -euo pipefail

SETUP="$(readlink -f -- "$1")"
OUT="$(realpath -m -- "$2")"
WORK="$(mktemp -d)"
export WINEPREFIX="$WORK/wine" WINEARCH=win64 WINEDEBUG=-all DISPLAY=":$((200 + RANDOM % 800))"
export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe=d"

Xvfb "$DISPLAY" -screen 0 1000x700x24 >/dev/null 2>&1 &
SCREEN=$!
trap 'wineserver --kill 2>/dev/null || true; kill "$SCREEN"; rm -rf -- "$WORK"' EXIT
sleep 1
openbox >/dev/null 2>&1 &

# window: the number of setup's window, once it is there.
window() { timeout 60 sh -c 'until xdotool search --name "Brainstem App Setup" | tail -1 | grep .; do sleep 1; done'; }

# picture NAME: what the screen shows, without the black around.
picture() {
    import -window root "$WORK/screen.png"
    convert "$WORK/screen.png" -fuzz 2% -trim +repage "$WORK/$1.png"
}

wineboot --init >/dev/null 2>&1 || true
wineserver --wait
wine "$SETUP" >/dev/null 2>&1 &
window >/dev/null
sleep 3
picture first
xdotool key --window "$(window)" alt+i
# The page of the progress shows other file names all the time; the last page stays as it is.
picture now
until [[ -f "$WORK/last.png" ]] && compare -metric AE "$WORK/last.png" "$WORK/now.png" null: 2>/dev/null; do
    mv -- "$WORK/now.png" "$WORK/last.png"
    sleep 5
    picture now
done
convert "$WORK/first.png" "$WORK/last.png" -background white -splice 12x0 +append -chop 12x0 +repage -strip "$OUT"
