#!/bin/bash
# Runs a module of the build with Debian's own Python, which a minimal Debian does not have yet.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ ! -x /usr/bin/python3 ]]; then
    if [[ ! -x /usr/bin/apt-get ]]; then
        echo "Hearth is built on Debian 12 or 13, and this host has no apt-get." >&2
        exit 1
    fi
    as_root=()
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "Python is missing. Type this as root, then start again: apt-get install python3" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "• Installing Python …"
    log=build/log/packages.log
    mkdir -p "$(dirname "$log")"
    {
        "${as_root[@]}" apt-get update
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3
    } >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        echo "Installing Python failed; the whole log is $log." >&2
        exit 1
    }
fi

exec /usr/bin/python3 "$@"
