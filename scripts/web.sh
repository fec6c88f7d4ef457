#!/usr/bin/env bash
# Builds the pages; does nothing when no source is newer than what was built.
set -euo pipefail
cd "$(dirname "$0")/../web"
stamp=node_modules/.weiyin-lock
if [ ! -f "$stamp" ] || ! cmp -s package-lock.json "$stamp"; then
  echo 'installing page tools (npm ci)…'
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json "$stamp"
fi
built=node_modules/.weiyin-built
if [ -f "$built" ] && [ -f customer/dist/index.html ] && [ -f phone/dist/index.html ] &&
   [ -z "$(find package.json tsconfig*.json customer phone shared -newer "$built" -type f \
            -not -path '*/dist/*' -not -path '*/node_modules/*' -print -quit)" ]; then
  exit 0
fi
echo 'building pages…'
npm run build --silent
touch "$built"
