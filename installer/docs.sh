#!/usr/bin/env bash
# Builds the documentation site into build/site, and fails on any link, page or docstring that leads nowhere:
# installer/docs.sh; `installer/docs.sh serve` shows it while pages are written.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

# The environment of the tests and the site's tools: going from one script to the other installs nothing again.
ensure_environment train test packages docs
cd -- "$ROOT"
export NO_MKDOCS_2_WARNING=1
if [[ $# -gt 0 ]]; then exec "$PYTHON" -m mkdocs "$@"; fi
exec "$PYTHON" -m mkdocs build --strict
