#!/usr/bin/env bash
# Finds out whether the program can be compiled to machine code while it is built, and writes the answer to
# artifacts/precompilation/Precompilation.props, which src/LtxEngine.Cli reads. The configured NuGet feed has to carry the SDK's
# compiler for that (microsoft.netcore.app.crossgen2 and the runtime packs). Without it the program does the same and starts later.
# Set LTX_PRECOMPILE=true|false to choose by hand.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=artifacts/precompilation
choice=$folder/Precompilation.props
mkdir -p "$folder"

if [ ! -f "$choice" ] || [ -n "${LTX_PRECOMPILE:-}" ]; then
  precompile=${LTX_PRECOMPILE:-}
  if [ -z "$precompile" ]; then
    if dotnet restore src/LtxEngine.Cli/LtxEngine.Cli.csproj -p:PrecompileProgram=true > "$folder/probe.log" 2>&1; then precompile=true; else precompile=false; fi
  fi
  printf '<Project>\n  <PropertyGroup>\n    <PrecompileProgram>%s</PrecompileProgram>\n  </PropertyGroup>\n</Project>\n' "$precompile" > "$choice.tmp"
  mv "$choice.tmp" "$choice"
fi

if grep -q '>true<' "$choice"; then
  echo "Precompilation: on"
else
  echo "Precompilation: off; the program starts later. The NuGet feed does not carry the SDK's compiler (its answer is in $folder/probe.log), or LTX_PRECOMPILE said so. Delete $choice to ask again."
fi
