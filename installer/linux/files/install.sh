#!/bin/sh
# Installs Brainstem App for this user alone, without an administrator: ./install.sh [FOLDER]
# FOLDER (default: ~/.local/opt/brainstem-app) is where the program goes. Installing again updates it; studies,
# settings and models lie elsewhere and are kept. FOLDER/uninstall.sh removes it.
set -eu

here="$(cd -- "$(dirname -- "$0")" && pwd -P)"
data="${XDG_DATA_HOME:-$HOME/.local/share}"
bin="$HOME/.local/bin"
target="${1:-$HOME/.local/opt/brainstem-app}"
case "$target" in /*) ;; *) target="$PWD/$target" ;; esac

stop() {
    printf '%s\n' "$1" >&2
    exit 1
}

# A folder is only replaced if it is an installation of this program, or empty.
if [ -e "$target" ] && [ ! -x "$target/brainstem-app" ] && [ -n "$(ls -A -- "$target" 2>/dev/null)" ]; then
    stop "$target is there and holds something else. Give another folder: ./install.sh FOLDER"
fi
if [ "$here" = "$target" ]; then stop "The program is installed in $target already."; fi
if [ -e "$bin/brainstem-app" ] && [ ! -L "$bin/brainstem-app" ]; then
    stop "$bin/brainstem-app is there and is no link. Remove or rename it, then start this again."
fi

# Copied beside the old one first, so that what was there works until the new one is whole.
mkdir -p -- "$(dirname -- "$target")" "$bin"
rm -rf -- "$target.new"
cp -R -- "$here" "$target.new"
rm -rf -- "$target"
mv -- "$target.new" "$target"
ln -sfn -- "$target/brainstem-app" "$bin/brainstem-app"

# In a desktop entry a path stands in double quotes; there ", `, $ and \ want a backslash, which itself wants another.
quoted="$(printf '%s' "$target/brainstem-app" | sed -e 's/[\\"`$]/\\\\&/g' -e 's/%/%%/g')"
mkdir -p -- "$data/applications" "$data/icons/hicolor/scalable/apps" "$data/mime/packages" "$data/man/man1"
while IFS= read -r line; do
    case "$line" in
        Exec=*) printf 'Exec="%s" %%F\n' "$quoted" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <"$target/share/applications/brainstem-app.desktop" >"$data/applications/brainstem-app.desktop"
cp -- "$target/share/icons/hicolor/scalable/apps/brainstem-app.svg" "$data/icons/hicolor/scalable/apps/"
cp -- "$target/share/mime/packages/brainstem-app.xml" "$data/mime/packages/"
cp -- "$target/share/man/man1/brainstem-app.1.gz" "$data/man/man1/"
"$target/share/refresh.sh" "$data"

printf 'Brainstem App is installed in %s.\n' "$target"
printf 'It is in the menu of applications; on the command line: %s\n' "$bin/brainstem-app"
case ":$PATH:" in *":$bin:"*) ;; *) printf '(%s is not in your PATH yet; it is after the next login on most systems.)\n' "$bin" ;; esac
