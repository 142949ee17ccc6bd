#!/bin/sh
# Makes a virtual environment: make-venv.sh PYTHON FOLDER. Debian keeps the module for that in a package of its own.
set -eu

if ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "Python's venv and ensurepip modules are missing: install them, then try again." >&2
        exit 1
    fi
    run=""
    [ "$(id -u)" = 0 ] || run="sudo"
    echo "Installing python3-venv …"
    $run apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends python3-venv
fi
echo "Making a virtual environment in $2 …"
"$1" -m venv "$2"
"$2/bin/python" -m pip install --quiet --upgrade pip
