#!/bin/sh
# Installs the programs that the tests need from Debian packages. If that isn't possible, it lists them, and exits with 1
# under CI. `npm test` calls it first. Its arguments are further programs.
set -eu

# Debian has nginx where not every user's PATH leads.
PATH="$PATH:/usr/sbin"
missing=""
for program in skopeo umoci docker-registry openssl flock curl chromium wrk strace pdftotext setfacl setfattr python3 nginx haproxy tinyproxy systemd-analyze zsh "$@"; do
  command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
# A real Keystone, as a library of Debian's Python: the package `keystone` would start a service.
/usr/bin/python3 -c 'import keystone' >/dev/null 2>&1 || missing="$missing python3-keystone"
/usr/bin/python3 -c 'import requests' >/dev/null 2>&1 || missing="$missing python3-requests"
# Prometheus' own check of metrics and rules. The package prometheus would start a service, so only this program is taken
# out of it, into a folder that outlives the checkout.
promtool=${XDG_CACHE_HOME:-$HOME/.cache}/swr-tag-delete/promtool
command -v promtool >/dev/null 2>&1 || [ -x "$promtool" ] || missing="$missing promtool"
[ -n "$missing" ] || exit 0

# Most programs are in the package of their name. The package tinyproxy would start a service; tinyproxy-bin has the
# program alone.
packages=$(echo "$missing" | sed "s/ promtool//; s/flock/util-linux/; s/pdftotext/poppler-utils/; s/setfacl/acl/; s/setfattr/attr/; s/tinyproxy/tinyproxy-bin/; s/systemd-analyze/systemd/")

# Takes promtool out of its package, whole or not at all.
fetch_promtool() {
  case $missing in *promtool*) ;; *) return 0 ;; esac
  mkdir -p "${promtool%/*}" && (
    scratch=$(mktemp -d "${promtool%/*}/XXXXXX") && trap 'rm -rf "$scratch"' EXIT && cd "$scratch" &&
      apt-get download -qq prometheus >&2 && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool &&
      mv usr/bin/promtool "$promtool"
  )
}

if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # the lists are words
  if $as_root apt-get update -qq >&2 && $as_root apt-get install -y -qq $packages >&2 && fetch_promtool; then
    exit 0
  fi
fi

echo "Tests that need$missing cannot run here. On Debian: apt-get install$packages" >&2
[ "${CI:-}" != true ]
