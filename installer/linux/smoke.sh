#!/usr/bin/env bash
# Installs a package, uses the program as a user would, removes it and looks for what is left:
#
#     installer/linux/smoke.sh PACKAGE.deb      as root, on a machine without the program
#     installer/linux/smoke.sh PACKAGE.tar.xz   for a made-up user, below a folder with a space and an umlaut
#
# What the program needs of the system has to be there (apt-get install ./PACKAGE.deb brings it), and Xvfb.
set -euo pipefail

PACKAGE="$(readlink -f -- "$1")"
WORK="$(mktemp -d)"
trap 'rm -rf -- "$WORK"' EXIT
USER_HOME="$WORK/Jörg Müller"
mkdir -p -- "$USER_HOME"

say() { printf '== %s\n' "$*"; }
fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# as_user COMMAND…: with a home of its own, and none of this session's settings.
as_user() {
    env -i HOME="$USER_HOME" PATH="$USER_HOME/.local/bin:/usr/local/bin:/usr/bin:/bin" LANG=C.UTF-8 "$@"
}

# ---------------------------------------------------------------- what a user does

use_program() {
    local program="$1" edition kept
    say "version and edition"
    as_user "$program" --version
    as_user "$program" diagnose | tee "$WORK/diagnose.txt"
    edition="$(sed -n 's/^ *edition  *\([a-z]*\):.*/\1/p' "$WORK/diagnose.txt")"
    [[ "$PACKAGE" == *-"$edition".* ]] || fail "the program says it is the edition “$edition”"

    say "a scan, segmented"
    as_user "$program" simulate --subjects 1 --out "$USER_HOME/scans"
    SCAN="$(find "$USER_HOME/scans" -name '*_T1w.nii.gz' -not -path '*derivatives*')"
    as_user "$program" segment "$SCAN" --out "$USER_HOME/labels"
    [[ -n "$(find "$USER_HOME/labels" -name labels_native.nii.gz)" ]] || fail "labels are missing"
    [[ -n "$(find "$USER_HOME/labels" -name report.pdf -size +10k)" ]] || fail "the report is missing"

    say "volumes of several people, set against each other"
    local number
    for number in 1 2 3 4; do
        mkdir -p "$USER_HOME/people/$number"
        sed "s/sub-sim01/sub-0$number/g" "$(find "$USER_HOME/labels" -name report.json)" \
            >"$USER_HOME/people/$number/report.json"
    done
    as_user "$program" cohort "$USER_HOME/people" --out "$USER_HOME/cohort"
    [[ -s "$USER_HOME/cohort/cohort.html" ]] || fail "no comparison was written"

    say "a job in a process of its own, as the window starts it"
    mkdir -p "$USER_HOME/job"
    printf '{"kind": "simulate", "subjects": 1, "out": "%s"}' "$USER_HOME/more" >"$USER_HOME/job/job.json"
    as_user "$program" -m brainstem_app.jobs.detached "$USER_HOME/job"
    grep -q '"finished"' "$USER_HOME/job/events.jsonl" || fail "the job did not finish: $(cat "$USER_HOME/job/events.jsonl")"

    say "the window"
    open_window "$program" "$SCAN"
    train "$program" "$edition"
    say "what the program wrote into the home besides what it was asked for"
    kept="$(find "$USER_HOME" \( -path '*/.cache/matplotlib*' -o -path '*/.config/matplotlib*' -o -path '*/.keras*' \))"
    [[ -z "$kept" ]] || fail "a library has left: $kept"
}

# The window with a scan, as a file manager opens it; it has to stay, and to show its title. KEEP_PICTURE names a file
# for a picture of it (by ImageMagick), which a busy machine paints late: SECONDS_TO_PICTURE.
open_window() {
    as_user xvfb-run --auto-servernum --server-args="-screen 0 1400x900x24" sh -c '
        "$1" "$2" 2>"$3/window.txt" & program=$!
        for _ in $(seq 300); do
            sleep 1
            kill -0 $program 2>/dev/null || exit 1
            if xwininfo -root -tree | grep -q "\"[^\"]*Brainstem App"; then
                sleep "${4:-5}"
                if command -v import >/dev/null; then import -window root "$3/window.png"; fi
                kill -0 $program || exit 1
                kill $program
                exit 0
            fi
        done
        exit 1
    ' window "$1" "$2" "$WORK" "${SECONDS_TO_PICTURE:-5}" || fail "the window did not open: $(cat "$WORK/window.txt")"
    if [[ -n "${KEEP_PICTURE:-}" && -f "$WORK/window.png" ]]; then cp -- "$WORK/window.png" "$KEEP_PICTURE"; fi
}

# What a desktop takes a scan for, and offers to open it with.
opens_scans() {
    local name kind
    command -v gio >/dev/null && command -v update-mime-database >/dev/null || return 0
    say "what a scan opens with"
    for name in scan.nii scan.nii.gz scan.mgz; do
        printf 'x\n' >"$USER_HOME/$name"
        kind="$(as_user gio info --attributes=standard::fast-content-type "$USER_HOME/$name" | sed -n 's/.*content-type: //p')"
        printf '%s: %s\n' "$name" "$kind"
        as_user gio mime "$kind" | grep 'brainstem-app\.desktop' >/dev/null || fail "$name, of type “$kind”, is not offered to be opened"
        rm -- "$USER_HOME/$name"
    done
}

train() {
    local program="$1" study="$USER_HOME/study"
    if [[ "$2" != full ]]; then
        say "no training here, and the program says so"
        if as_user "$program" train "$USER_HOME/scans" --run first >"$WORK/train.txt" 2>&1; then fail "it trained"; fi
        grep -q 'full edition' "$WORK/train.txt" || fail "it does not name the full edition: $(cat "$WORK/train.txt")"
        return 0
    fi
    say "one epoch of training"
    as_user "$program" simulate --subjects 3 --out "$USER_HOME/dataset"
    as_user "$program" prepare "$USER_HOME/dataset" --study "$study" --jobs 2
    as_user "$program" train "$study" --run first --encoder resnet18 --epochs 1 --size 64
    [[ -s "$study/runs/first/best.keras" ]] || fail "no network was trained"
    as_user "$program" diagnose
}

# ---------------------------------------------------------------- the two kinds of package

program_files() {
    find / -xdev \( -path /proc -o -path /sys -o -path /tmp -o -path "$WORK" -o -path "${PACKAGE%/*}" \) -prune \
        -o -iname '*brainstem?app*' -print 2>/dev/null | sort
}

try_deb() {
    local name
    name="$(dpkg-deb --field "$PACKAGE" Package)"
    [[ ! -e /usr/bin/brainstem-app ]] || fail "the program is installed here already"
    program_files >"$WORK/before.txt"
    say "dpkg --install"
    dpkg --install "$PACKAGE"
    dpkg --verify "$name"
    [[ "$(command -v brainstem-app)" == /usr/bin/brainstem-app ]] || fail "no command"
    test -s /usr/share/man/man1/brainstem-app.1.gz
    if command -v desktop-file-validate >/dev/null; then
        desktop-file-validate /usr/share/applications/brainstem-app.desktop
    fi
    opens_scans
    use_program brainstem-app
    say "dpkg --purge"
    dpkg --purge "$name"
    program_files >"$WORK/after.txt"
    diff "$WORK/before.txt" "$WORK/after.txt" || fail "this is left"
    [[ ! -e /usr/lib/brainstem-app ]] || fail "/usr/lib/brainstem-app is left"
}

try_tarball() {
    local place="$WORK/unpacked here" folder kept
    mkdir -- "$place"
    tar --extract --file="$PACKAGE" --directory="$place"
    folder="$(find "$place" -mindepth 1 -maxdepth 1 -type d)"
    say "install.sh"
    (cd -- "$folder" && as_user ./install.sh)
    rm -rf -- "$place"
    say "install.sh again, as an update would"
    tar --extract --file="$PACKAGE" --directory="$WORK"
    as_user "$WORK/${folder##*/}/install.sh"
    rm -rf -- "${WORK:?}/${folder##*/}"
    grep -q '^Exec="' "$USER_HOME/.local/share/applications/brainstem-app.desktop" || fail "no desktop entry"
    opens_scans
    use_program "$USER_HOME/.local/bin/brainstem-app"
    say "uninstall.sh"
    as_user "$USER_HOME/.local/opt/brainstem-app/uninstall.sh"
    kept="$(find "$USER_HOME/.local" -iname '*brainstem*app*' -not -path '*/.local/share/brainstem-app*')"
    [[ -z "$kept" ]] || fail "this is left: $kept"
}

case "$PACKAGE" in
    *.deb) try_deb ;;
    *.tar.xz) try_tarball ;;
    *) fail "neither .deb nor .tar.xz: $PACKAGE" ;;
esac
say "passed: ${PACKAGE##*/}"
