#!/bin/sh
# Brings dist/ and the docs up to date, where they are older than their sources: a start should not wait for a compiler
# that has nothing to do. Called by npm scripts, which have tsc on their path.
set -eu

# Whether a file is missing, or older than something in the folders and files behind it.
is_stale() {
  target=$1
  shift
  [ ! -f "$target" ] || [ -n "$(find "$@" -newer "$target" -type f -print -quit)" ]
}

for entry in dist/server/main.js dist/server/gc.js dist/client/command/main.js dist/mock/main.js dist/verify/cli.js; do
  # The compiler goes by its own record, not by what is there.
  [ -f "$entry" ] || rm -f dist/.tsbuildinfo
done
if is_stale dist/.tsbuildinfo generated signature server client mock verify bench tsconfig.json tsconfig.build.json; then
  tsc -p tsconfig.build.json
  touch dist/.tsbuildinfo
fi
if is_stale dist/mock/answers.json openapi/openapi.yaml dist/mock; then
  node dist/mock/record-answers.js
fi
if is_stale dist/docs/index.html openapi; then
  node openapi/build-docs.js
fi
