#!/bin/sh
# Installs the programs that the tests need from Debian packages. If that isn't possible, it lists them, and exits with 1
# under CI. `npm test` calls it first.
set -eu

missing=""
for program in skopeo umoci docker-registry openssl flock curl chromium wrk strace pdftotext setfacl setfattr python3; do
  command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
[ -n "$missing" ] || exit 0

# Most programs are in the package of their name.
packages=$(echo "$missing" | sed 's/flock/util-linux/; s/pdftotext/poppler-utils/; s/setfacl/acl/; s/setfattr/attr/')

if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # the lists are words
  if $as_root apt-get update -qq >&2 && $as_root apt-get install -y -qq $packages >&2; then
    exit 0
  fi
fi

echo "Tests that need$missing cannot run here. On Debian: apt-get install$packages" >&2
[ "${CI:-}" != true ]
