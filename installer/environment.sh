# shellcheck shell=bash
# Makes and keeps the private environment .venv/ at the root of the checkout. Sourced by run.sh and test.sh.
# Everything it says goes to standard error, so that the program's own output stays clean.

ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$ROOT/.venv"
PYTHON="$VENV/bin/python"
PYTHON_NAMES=(python3.11 python3.12 python3.13 python3)

# What the libraries of the program load and a bare system lacks. "a|b": one of them will do.
BASE_PACKAGES=(libstdc++6 ca-certificates)
# shellcheck disable=SC2034  # used by run.sh and test.sh
WINDOW_PACKAGES=(
    libegl1 libgl1 libopengl0 "libglib2.0-0|libglib2.0-0t64" libdbus-1-3 libfontconfig1 libfreetype6 fonts-dejavu-core
    libxkbcommon0 libxkbcommon-x11-0 libx11-6 libx11-xcb1 libxcb1 libxcb-cursor0 libxcb-glx0 libxcb-icccm4
    libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render0 libxcb-render-util0 libxcb-shape0 libxcb-shm0
    libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xkb1
)
# shellcheck disable=SC2034  # used by test.sh
TEST_PACKAGES=(xvfb xauth git strace util-linux)
# shellcheck disable=SC2034  # used by test.sh; without them the tests of a SLURM cluster are skipped
CLUSTER_PACKAGES=(slurm-wlm munge)
# shellcheck disable=SC2034  # used by test.sh; without them the tests of the packages for users are skipped
BUILD_PACKAGES=(dpkg-dev binutils xz-utils nsis desktop-file-utils groff-base)

say() {
    printf '%s\n' "$*" >&2
}

stop() {
    printf '\n%s\n' "$1" >&2
    shift
    printf '  %s\n' "$@" >&2
    exit 1
}

# ---------------------------------------------------------------- system packages

is_installed() {
    [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

# Prints those of the given packages that are missing; of "a|b" the first name.
missing_packages() {
    local wanted name found
    local -a names
    for wanted in "$@"; do
        IFS='|' read -r -a names <<<"$wanted"
        found=""
        for name in "${names[@]}"; do
            if is_installed "$name"; then found=yes; fi
        done
        if [[ -z "$found" ]]; then printf '%s\n' "${names[0]}"; fi
    done
}

# Prints the words that give a command the administrator's rights, or fails when there is no way to them. A password is
# asked for once, at a terminal, and not again at every start: a file notes it.
administrator() {
    local asked="$VENV/.asked-for-password"
    if [[ "$(id -u)" == 0 ]]; then
        echo env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo "sudo -n"
    elif command -v sudo >/dev/null && [[ -t 0 && -t 2 && ! -e "$asked" ]]; then
        if [[ -d "$VENV" ]]; then touch "$asked"; fi
        echo sudo
    else
        return 1
    fi
}

apt_install() {
    local -a rights offered=()
    local name
    read -r -a rights <<<"$(administrator)"
    [[ ${#rights[@]} -gt 0 ]] || return 1
    say "Installing system packages: $*"
    "${rights[@]}" apt-get update -qq </dev/null >/dev/null || true
    for name in "$@"; do # a name that this release does not know would make apt refuse all of them
        if apt-cache show "$name" >/dev/null 2>&1 || apt-cache showpkg "$name" 2>/dev/null | grep -q '^Reverse Provides'; then
            offered+=("$name")
        fi
    done
    "${rights[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${offered[@]}" </dev/null >/dev/null
}

# Installs what is missing. When that is not possible, says what an administrator should run, and goes on.
ensure_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || return 0
    local -a missing
    mapfile -t missing < <(missing_packages "$@")
    [[ ${#missing[@]} -gt 0 ]] || return 0
    apt_install "${missing[@]}" && return 0
    say "These system packages are missing; an administrator can install them with:"
    say "  sudo apt-get install ${missing[*]}"
    say "Going on without them."
}

# ---------------------------------------------------------------- Python

is_usable_python() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

is_right_version() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    local name
    for name in "${PYTHON_NAMES[@]}"; do
        if command -v "$name" >/dev/null && is_usable_python "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# Debian keeps venv apart from Python: find out which packages would give a Python that will do, and install them.
install_python() {
    command -v apt-get >/dev/null || return 0
    local name
    for name in "${PYTHON_NAMES[@]}"; do
        if command -v "$name" >/dev/null && is_right_version "$name"; then
            ensure_packages "$name-venv"
            return 0
        fi
    done
    ensure_packages python3 python3-venv
    find_python >/dev/null && return 0
    for name in python3.12 python3.13 python3.11; do
        if apt-cache show "$name-venv" >/dev/null 2>&1; then
            ensure_packages "$name" "$name-venv"
            return 0
        fi
    done
}

# ---------------------------------------------------------------- the private environment

# One line that changes when the environment has to be brought up to date.
wanted_stamp() {
    printf '%s %s\n' "$ROOT" "$(cat "$ROOT/pyproject.toml" "$ROOT/installer/constraints.txt" "$ROOT"/installer/locks/source-linux*.txt \
        | sha256sum)"
}

# is_ready EXTRA…: whether .venv/ was finished for these extras, for these files, in this place.
is_ready() {
    local extra stamp
    [[ -x "$PYTHON" ]] || return 1
    stamp="$(wanted_stamp)"
    for extra in "$@"; do
        [[ -f "$VENV/.ready-$extra" && "$(cat "$VENV/.ready-$extra")" == "$stamp" ]] || return 1
    done
}

# Half made, moved here from another folder, or its Python has been removed: such a .venv/ cannot be brought up to date.
is_sound() {
    grep -qsF -- "$VENV" "$VENV/bin/activate" && "$PYTHON" -m pip --version >/dev/null 2>&1
}

make_venv() {
    local python
    find_python >/dev/null || install_python
    python="$(find_python)" || stop "Brainstem App needs Python 3.11, 3.12 or 3.13 with venv, and found none." \
        "On Debian or Ubuntu: sudo apt-get install python3 python3-venv" \
        "Then start this again."
    say "Making the private environment .venv/ with $("$python" --version). This happens once."
    rm -rf -- "$VENV"
    "$python" -m venv "$VENV" >&2 || stop "The private environment could not be made in $VENV." \
        "Check that this folder can be written to and the disk is not full, then start this again."
}

# Lock files that hold every wheel of these extras with its SHA-256; none for another processor than they were made for.
locks_for() {
    local extra locks=("$ROOT/installer/locks/source-linux.txt")
    [[ "$(uname -sm)" == "Linux x86_64" ]] || return 0
    for extra in "$@"; do
        case "$extra" in
            train) ;;
            test | packages) locks[1]="$ROOT/installer/locks/source-linux-test.txt" ;;
            *) return 0 ;;
        esac
    done
    printf '%s\n' "${locks[@]}"
}

pip_install() { "$PYTHON" -m pip install --no-input --disable-pip-version-check "$@" </dev/null >&2; }

install_extras() {
    local quiet=(--quiet) extras lock words=()
    if [[ -t 2 ]]; then quiet=(); fi
    extras="$(IFS=, && echo "$*")"
    say "Installing the program's packages (3 GB on disk with TensorFlow). The first time this takes minutes."
    while read -r lock; do words+=(-r "$lock"); done < <(locks_for "$@")
    (
        cd -- "$ROOT" || exit
        if [[ ${#words[@]} -gt 0 ]]; then
            # Each file is compared with the hash of what was tested; the program itself is built without a download.
            pip_install "${quiet[@]}" --require-hashes --no-deps --only-binary :all: "${words[@]}" \
                && pip_install "${quiet[@]}" --no-deps --no-build-isolation -e .
        else
            pip_install "${quiet[@]}" -c installer/constraints.txt -e ".[$extras]"
        fi
    ) || stop "The packages could not be installed into $VENV." \
        "The lines above say why; mostly it is the network or a full disk." \
        "Start this again: it goes on where it stopped."
}

# ensure_environment EXTRA…: returns at once, and needs no network, when there is nothing to do.
ensure_environment() {
    local extra
    is_ready "$@" && return 0
    exec 9<"$ROOT/installer"
    if command -v flock >/dev/null; then flock 9; fi # a second start waits for the first
    if ! is_ready "$@"; then
        ensure_packages "${BASE_PACKAGES[@]}"
        is_sound || make_venv
        rm -f -- "$VENV"/.ready-*
        install_extras "$@"
        for extra in "$@"; do wanted_stamp >"$VENV/.ready-$extra"; done
    fi
    exec 9<&-
}
