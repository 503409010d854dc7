#!/bin/sh
# Builds dist/ and the docs if they are older than their sources, so that a start does not wait for a compiler that has
# nothing to do. npm scripts call it: they have tsc on their path.
set -eu

# is_stale TARGET SOURCE…: whether TARGET is missing, or older than a file in the sources.
is_stale() {
  target=$1
  shift
  [ ! -f "$target" ] || [ -n "$(find "$@" -newer "$target" -type f -print -quit)" ]
}

for entry in dist/server/main.js dist/server/gc.js dist/client/command/main.js dist/mock/main.js dist/verify/cli.js; do
  # The compiler trusts its own record, even if its output was deleted.
  [ -f "$entry" ] || rm -f dist/.tsbuildinfo
done
if is_stale dist/.tsbuildinfo openapi generated signature server client mock verify bench tsconfig.json tsconfig.build.json; then
  tsc -p tsconfig.build.json
  touch dist/.tsbuildinfo
fi
if is_stale dist/mock/answers.json openapi/openapi.yaml dist/mock; then
  node dist/mock/record-answers.js
fi
if is_stale dist/docs/index.html openapi; then
  node openapi/build-docs.js
fi
