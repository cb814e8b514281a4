#!/usr/bin/env bash
# Installs Debian/Ubuntu packages when root or sudo is at hand; otherwise prints the one command to run and stops.
set -euo pipefail
if ! command -v apt-get > /dev/null; then
  echo "Please install with your system's package manager and run this again: $*" >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then run=(); elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then run=(sudo); else
  echo "Please run this command once, then try again:  sudo apt-get update && sudo apt-get install -y $*" >&2
  exit 1
fi
echo "Installing $* …"
"${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
"${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null
