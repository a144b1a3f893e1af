#!/bin/sh
# Installs what the tests drive besides Rust: a Python with grpcio (a gRPC transport no one here wrote) and strace
# (to make system calls fail or wait). Idempotent; fails when something cannot be had.
set -eu
cd "$(dirname "$0")/.."

if ! command -v strace >/dev/null 2>&1 || ! command -v openssl >/dev/null 2>&1; then
  apt-get update -q
  apt-get install -y -q strace openssl
fi

venv=target/test-venv
if ! "$venv/bin/python" -c 'import grpc, grpc_tools, cryptography' >/dev/null 2>&1; then
  python3 -m venv "$venv" || { apt-get update -q; apt-get install -y -q python3-venv; python3 -m venv "$venv"; }
  "$venv/bin/pip" install -q -r tests/outside/requirements.txt
fi
