#!/bin/sh
# Names the toolchains that `npm run test:interop` needs and that no Debian package of ours brings. Exits with 1 under CI
# if one is missing; otherwise the tests that need it are skipped.
set -eu

missing=""
for program in go python3 java mvn; do
  command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || missing="$missing python3-venv"
[ -n "$missing" ] || exit 0

echo "Tests of test/interop that need$missing cannot run here." >&2
[ "${CI:-}" != true ]
