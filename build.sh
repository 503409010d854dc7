#!/bin/sh
# Builds in dist/ what is missing or older than its sources, so that a start does not wait for a build that has nothing to
# do. Without the bundler (a production install) or the right to write, it lets the start use what was built.
#   sh build.sh            the commands
#   sh build.sh serve      and the docs page; the interactive view of the docs follows in the background
#   sh build.sh mock       and the answers of the mock
#   sh build.sh --strict   everything; fails if that is not possible
set -eu
cd "$(dirname "$0")"

entries='dist/swr-tag-delete.js dist/client/index.js'
types='openapi generated signature client'
sources="swr-tag-delete.ts $types server mock verify build.js"
# npm prune writes it, so it counts for those who can build.
lockfile=package-lock.json
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

# build TARGET COMMAND…: TARGET is as old as the beginning of its build, for sources that change meanwhile.
build() {
  target=$1
  shift
  started=$(mktemp)
  "$@"
  touch -r "$started" "$target"
  rm "$started"
}

is_built=true
for entry in $entries; do
  [ -f "$entry" ] || is_built=false
done

# shellcheck disable=SC2086 # the lists are words
if [ -f "$bundler" ] && is_writable; then
  if [ "$is_built" = false ] || is_stale dist/.built $sources $lockfile; then
    build dist/.built node build.js
  fi
  case $wanted in
    mock | --strict)
      if is_stale dist/modules/.built $sources bench $lockfile; then
        build dist/modules/.built node build.js modules
      fi
      if is_stale dist/mock/answers.json openapi/openapi.yaml mock $lockfile; then
        node dist/modules/mock/engine/record-answers.js
      fi
      ;;
  esac
  if [ -n "$wanted" ] && is_stale dist/docs/index.html openapi; then
    node openapi/build-docs.js reference
  fi
  if [ -n "$wanted" ] && is_stale dist/docs/redoc.html openapi; then
    if [ "$wanted" = --strict ]; then
      node openapi/build-docs.js redoc
    else
      nice -n 19 node openapi/build-docs.js redoc >/dev/null 2>&1 &
    fi
  fi
  if [ "$wanted" = --strict ] && is_stale dist/types/.built $types tsconfig.json tsconfig.types.json; then
    build dist/types/.built node_modules/.bin/tsc -p tsconfig.types.json
  fi
elif [ "$is_built" = false ]; then
  echo "Not built yet: run \`npm ci --include=dev && npm run build\` in $PWD, as a user who may write there." >&2
  exit 1
elif [ -f dist/.built ] && is_stale dist/.built $sources; then
  echo "What was built is older than the sources: \`npm ci --include=dev && npm run build\` brings it up to date." >&2
  [ "$wanted" != --strict ]
fi
