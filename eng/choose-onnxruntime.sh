#!/usr/bin/env bash
# Chooses where ONNX Runtime comes from and writes the choice to artifacts/onnxruntime/OnnxRuntimeSource.props,
# which Directory.Build.props reads. The configured NuGet feed is asked once; where it does not carry the package,
# the same official release is taken from the npm registry and compiled by eng/OnnxRuntimeFallback.
# Set LTX_ONNXRUNTIME_SOURCE=nuget|npm to choose by hand.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$(sed -n 's/.*<OnnxRuntimeVersion>\(.*\)<\/OnnxRuntimeVersion>.*/\1/p' Directory.Packages.props)
folder=artifacts/onnxruntime
choice=$folder/OnnxRuntimeSource.props
npm_package=com.github.asus4.onnxruntime@0.4.9
npm_sha512=064cf176e499f4891e0cfe90f25cf64c553689eee1492bd2ed921fccca28131a2ad02373267bae19a509ec8b288c182a3b8a2e0f58d76a1f0e63225b08ddbd16

say() { echo "ONNX Runtime $version: $*"; }
write_choice() {
  printf '<Project>\n  <PropertyGroup>\n    <OnnxRuntimeSource>%s</OnnxRuntimeSource>\n  </PropertyGroup>\n</Project>\n' "$1" > "$choice.tmp"
  mv "$choice.tmp" "$choice"
}

mkdir -p "$folder"
if [ -f "$choice" ] && grep -q '>nuget<' "$choice"; then say "from the NuGet feed"; exit 0; fi
if [ -f "$choice" ] && [ -f "$folder/package/package.json" ]; then say "from the npm registry ($npm_package)"; exit 0; fi

source_wanted=${LTX_ONNXRUNTIME_SOURCE:-}
if [ -z "$source_wanted" ]; then
  if dotnet restore eng/OnnxRuntimeProbe/OnnxRuntimeProbe.csproj -p:OnnxRuntimeVersion="$version" > "$folder/probe.log" 2>&1; then
    source_wanted=nuget
  else
    source_wanted=npm
  fi
fi

if [ "$source_wanted" = nuget ]; then write_choice nuget; say "from the NuGet feed"; exit 0; fi

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  echo "The configured NuGet feed does not carry Microsoft.ML.OnnxRuntime $version, and the npm fall-back covers Linux x64 only." >&2
  echo "Add a feed that carries it (the public NuGet gallery does) and run this again. The feed's answer is in $folder/probe.log." >&2
  exit 1
fi
command -v npm > /dev/null || eng/install-system-packages.sh npm

work=$(mktemp -d "$folder/download.XXXXXX")
trap 'rm -rf "$work"' EXIT
archive=$(cd "$work" && npm pack --silent "$npm_package" | tail -n 1)
actual=$(sha512sum "$work/$archive" | cut -d' ' -f1)
if [ "$actual" != "$npm_sha512" ]; then
  echo "$npm_package has SHA-512 $actual, expected $npm_sha512. It was not used." >&2
  exit 1
fi
tar -xzf "$work/$archive" -C "$work" package/package.json package/LICENSE package/ThirdPartyNotices.txt package/Runtime package/Plugins/Linux/x64
rm -rf "$folder/package"
mv "$work/package" "$folder/package"
write_choice npm
say "from the npm registry ($npm_package), because the NuGet feed does not carry it"
