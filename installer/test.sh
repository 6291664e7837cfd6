#!/usr/bin/env bash
# Passes the tests: installer/test.sh checks everything but what takes minutes of real work (installer/test.sh -m long);
# installer/test.sh --coverage measures which lines the tests reach, too, and writes build/coverage.md;
# installer/test.sh [pytest arguments] runs only pytest with them.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

ensure_environment train test packages
ensure_packages "${WINDOW_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
ensure_packages "${CLUSTER_PACKAGES[@]}"
ensure_packages "${BUILD_PACKAGES[@]}"
cd -- "$ROOT"
export QT_QPA_PLATFORM="${QT_QPA_PLATFORM:-offscreen}"

coverage=()
if [[ "${1:-}" == --coverage ]]; then
    coverage=(--cov --cov-report= --cov-report=json:build/coverage.json)
    shift
fi
if [[ $# -gt 0 ]]; then exec "$PYTHON" -m pytest "${coverage[@]}" "$@"; fi

failed=()
check() {
    local name="$1"
    shift
    printf '\n== %s\n' "$name"
    "$@" || failed+=("$name")
}
check "style (ruff)" "$PYTHON" -m ruff check --no-cache .
check "format (ruff)" "$PYTHON" -m ruff format --no-cache --check --quiet .
check "types (mypy)" "$PYTHON" -m mypy
check "who imports whom (import-linter)" "$VENV/bin/lint-imports"
# One process a core, four at most (each holds TensorFlow); the tests of a file share what they prepare, so they stay together.
check "behaviour (pytest)" "$PYTHON" -m pytest -m "not long" --durations=15 -n auto --maxprocesses 4 --dist loadfile \
    "${coverage[@]}"
if [[ ${#coverage[@]} -gt 0 ]]; then
    check "coverage (coverage.py)" "$PYTHON" tests/benchmarks/write_coverage.py build/coverage.json build/coverage.md
fi
if [[ ${#failed[@]} -gt 0 ]]; then
    printf 'Failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
