#!/usr/bin/env bash
# Installs what the server's tests drive it with: a Chromium, and the official JavaScript client in the version that package-lock.json pins.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v chromium chromium-browser google-chrome google-chrome-stable > /dev/null || eng/install-system-packages.sh chromium
clients=tests/LtxEngine.Server.Tests/clients
if [ -f "$clients/node_modules/@fal-ai/client/package.json" ] && [ "$clients/node_modules/.package-lock.json" -nt "$clients/package-lock.json" ]; then exit 0; fi
command -v node > /dev/null && command -v npm > /dev/null || eng/install-system-packages.sh nodejs npm
(cd "$clients" && npm ci --no-audit --no-fund --ignore-scripts --silent)
touch "$clients/node_modules/.package-lock.json"
