#!/usr/bin/env bash
# The one entry point of this repository: ./build.sh demo | test | build | bench | pack | format | clean
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
configuration=Release

usage() {
  cat <<'TEXT'
usage: ./build.sh TARGET
  demo    build, then make out/demo.mp4 from the shipped model
  test    build, then run every test of the solution; ends with "N passed, N failed"
  build   set up and build
  bench   run the benchmarks (5 minutes)
  pack    NuGet packages of the libraries and the ltx tool, in artifacts/packages
  format  apply the code style
  clean   remove everything that was built
TEXT
}

set_up() {
  command -v dotnet > /dev/null || { echo "The .NET SDK 10 is needed: https://dotnet.microsoft.com/download" >&2; exit 1; }
  command -v ffmpeg > /dev/null && command -v ffprobe > /dev/null || eng/install-system-packages.sh ffmpeg
  eng/bootstrap.sh
}

build() {
  set_up
  dotnet build LtxEngine.sln -c "$configuration" --nologo -v quiet -clp:NoSummary
}

case "${1:-}" in
  demo)
    build
    mkdir -p out
    dotnet src/LtxEngine.Cli/bin/$configuration/net10.0/ltx.dll generate --model models/demo \
      --image models/demo/examples/boat.png --prompt "$(cat models/demo/examples/boat.txt)" \
      --seed 10 --out out/demo.mp4 --overwrite "${@:2}"
    # A contact sheet to look at: every fourth frame, side by side.
    ffmpeg -nostdin -y -v error -i out/demo.mp4 -vf "select=not(mod(n\,4)),scale=160:160:flags=bicubic,tile=9x1:padding=4:color=white" \
      -frames:v 1 out/demo-contact-sheet.png
    echo "frames       out/demo-contact-sheet.png"
    ;;
  test) build; eng/install-test-clients.sh; eng/run-tests.sh "$configuration" "${@:2}" ;;
  build) build ;;
  bench) build; dotnet run -c "$configuration" --no-build --project benchmarks/LtxEngine.Benchmarks -- "${@:2}" ;;
  pack) build; dotnet pack LtxEngine.sln -c "$configuration" --no-build --nologo -o artifacts/packages ;;
  format) set_up; dotnet format LtxEngine.sln --exclude artifacts/ "${@:2}" ;;
  clean) rm -rf out artifacts; find . -type d \( -name bin -o -name obj \) -not -path './.git/*' -prune -exec rm -rf {} + ;;
  *) usage; [ -z "${1:-}" ] || exit 2 ;;
esac
