#!/bin/sh
# Makes the certificates of a development partnership under certs-dev/out (never in git).
# Anything given is handed on: certs-dev/make-certs.sh issue --agency CADT --user u-1001
set -eu
cd "$(dirname "$0")/.."
if [ "$#" -eq 0 ]; then
    set -- partnership
fi
exec cargo run --quiet -- certs "$@"
