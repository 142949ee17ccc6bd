#!/bin/sh
# The tests need a browser (Chromium), Node.js, PostgreSQL and Redis beside Python, and PHP, Ruby, Go, Java and Mono for the
# samples in those languages. What is there is used; what is missing is installed from Debian's packages, as root or with
# sudo.
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
command -v php >/dev/null 2>&1 || missing="$missing php-cli"
command -v ruby >/dev/null 2>&1 || missing="$missing ruby"
command -v go >/dev/null 2>&1 || missing="$missing golang-go"
command -v java >/dev/null 2>&1 || missing="$missing default-jdk-headless"
command -v mcs >/dev/null 2>&1 || missing="$missing mono-mcs mono-runtime"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Please install:$missing, or set CHROMIUM to your browser's program. The browser tests fall back to" \
         "Playwright's own browser where 'playwright install chromium' was run." >&2
    exit 0
fi
run=""
[ "$(id -u)" = 0 ] || run="sudo"
echo "Installing$missing …"
$run apt-get update -qq
# shellcheck disable=SC2086 - one word a package
DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends $missing
