#!/bin/sh
# Collects every text of the code and the templates into messages.pot. Run from the project's root.
set -eu
pybabel -q extract -F translations/babel.cfg -k N_ --omit-header --no-location --sort-output \
    --no-wrap -o translations/messages.pot .
