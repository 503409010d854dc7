#!/bin/sh
# Builds dist/ and the docs if they are older than their sources, so that a start does not wait for a compiler that has
# nothing to do. Without the compiler (a production install) or the right to write, it lets the start use what was built;
# with --strict only if that is up to date.
set -eu
cd "$(dirname "$0")"

entries='dist/server/main.js dist/server/gc.js dist/client/command/main.js dist/mock/main.js dist/verify/cli.js'
sources='openapi generated signature server client mock verify bench tsconfig.json tsconfig.build.json'
compiler=node_modules/.bin/tsc

# is_stale TARGET SOURCE…: whether TARGET is missing, or older than a file in the sources that is no README.
is_stale() {
  target=$1
  shift
  [ ! -f "$target" ] || [ -n "$(find "$@" -newer "$target" -type f ! -name '*.md' -print -quit 2>/dev/null)" ]
}

# Whether this user may write what is built.
is_writable() {
  if [ -d dist ]; then [ -w dist ]; else [ -w . ]; fi
}

is_built=true
for entry in $entries; do
  [ -f "$entry" ] || is_built=false
done

if [ -x "$compiler" ] && is_writable; then
  # The compiler trusts its own record, even if its output was deleted.
  [ "$is_built" = true ] || rm -f dist/.tsbuildinfo
  # shellcheck disable=SC2086 # the list is words
  if is_stale dist/.tsbuildinfo $sources; then
    "$compiler" -p tsconfig.build.json
    touch dist/.tsbuildinfo
  fi
  if is_stale dist/mock/answers.json openapi/openapi.yaml dist/mock package-lock.json; then
    node dist/mock/record-answers.js
  fi
  if is_stale dist/docs/index.html openapi; then
    node openapi/build-docs.js
  fi
elif [ "$is_built" = false ]; then
  echo "Not built yet: run \`npm ci --include=dev && npm run build\` in $PWD, as a user who may write there." >&2
  exit 1
elif [ ! -e node_modules/express ]; then
  echo "Its dependencies are not installed: run \`npm ci --omit=dev\` in $PWD, as a user who may write there." >&2
  exit 1
elif [ -f dist/.tsbuildinfo ] && is_stale dist/.tsbuildinfo $sources; then
  echo "What was built is older than the sources: \`npm ci --include=dev && npm run build\` brings it up to date." >&2
  [ "${1:-}" != --strict ]
fi
