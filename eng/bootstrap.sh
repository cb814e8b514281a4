#!/usr/bin/env bash
# What has to be known before the build: what the configured package feeds carry. Each is asked once; the answers stay under artifacts/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
eng/choose-onnxruntime.sh
eng/choose-precompilation.sh
