#!/bin/sh
# Builds in dist/ what is missing or older than its sources, so that a start does not wait for a build that has nothing to
# do. Without the bundler (a production install) or the right to write, it lets the start use what was built.
#   sh build.sh            what a start needs: the programs and the docs page
#   sh build.sh mock       the mock's recorded answers, too
#   sh build.sh --strict   everything, and fails if that is not possible
set -eu
cd "$(dirname "$0")"

entries='dist/swr-tag-delete.js dist/client/index.js'
sources='swr-tag-delete.ts openapi generated signature server client mock verify bench build.js package-lock.json'
bundler=node_modules/rolldown/package.json
wanted=${1:-}

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

if [ -f "$bundler" ] && is_writable; then
  # shellcheck disable=SC2086 # the list is words
  if [ "$is_built" = false ] || is_stale dist/.built $sources; then
    node build.js
    touch dist/.built
  fi
  if [ -n "$wanted" ] && is_stale dist/mock/answers.json openapi/openapi.yaml mock package-lock.json; then
    node dist/modules/mock/record-answers.js
  fi
  if is_stale dist/docs/index.html openapi; then
    node openapi/build-docs.js
  fi
elif [ "$is_built" = false ]; then
  echo "Not built yet: run \`npm ci --include=dev && npm run build\` in $PWD, as a user who may write there." >&2
  exit 1
elif [ -f dist/.built ] && is_stale dist/.built $sources; then
  echo "What was built is older than the sources: \`npm ci --include=dev && npm run build\` brings it up to date." >&2
  [ "$wanted" != --strict ]
fi
