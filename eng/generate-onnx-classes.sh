#!/usr/bin/env bash
# Regenerates src/LtxEngine.Graphs/Onnx/Onnx.g.cs from onnx.proto. Needs protoc 3.21 (Debian: protobuf-compiler);
# its output runs on the Google.Protobuf version that Directory.Packages.props names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../src/LtxEngine.Graphs/Onnx"
command -v protoc > /dev/null || { echo "protoc is missing (Debian: apt-get install protobuf-compiler)." >&2; exit 1; }
protoc --csharp_out=. --csharp_opt=internal_access,file_extension=.g.cs onnx.proto
