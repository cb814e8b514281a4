#!/usr/bin/env bash
# Installs what tests drive the program with: a Chromium, and in the versions that package-lock.json files pin the official JavaScript client
# of the server and a viewer of traces.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v chromium chromium-browser google-chrome google-chrome-stable > /dev/null || eng/install-system-packages.sh chromium
for folder in tests/LtxEngine.Server.Tests/clients tests/LtxEngine.EndToEnd.Tests/viewer; do
  if [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then continue; fi
  command -v node > /dev/null && command -v npm > /dev/null || eng/install-system-packages.sh nodejs npm
  (cd "$folder" && npm ci --no-audit --no-fund --ignore-scripts --silent)
  touch "$folder/node_modules/.package-lock.json"
done
