#!/usr/bin/env bash
# Starts Brainstem App from source: installer/run.sh [arguments of brainstem-app]. Without arguments: the window.
# The first start makes the private environment .venv/; later starts are instant and need no network.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

ensure_environment train
if [[ $# -eq 0 ]]; then ensure_packages "${WINDOW_PACKAGES[@]}"; fi
exec "$PYTHON" -m brainstem_app "$@"
