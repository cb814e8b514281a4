<#
.SYNOPSIS
  The same targets as build.sh, for Windows: demo, test, build, bench, pack, format, clean.
.NOTES
  Not run on Windows yet (see the support matrix in README.md).
  ffmpeg must be on PATH (winget install Gyan.FFmpeg), and the configured NuGet feed must carry Microsoft.ML.OnnxRuntime,
  which the public NuGet gallery does; the npm fall-back of eng/bootstrap.sh covers Linux x64 only.
#>
param(
    [Parameter(Position = 0)][string] $Target = '',
    [Parameter(ValueFromRemainingArguments = $true)][string[]] $Rest = @()
)
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'
$configuration = 'Release'

function Invoke-Checked([string] $Command, [string[]] $Arguments) {
    & $Command @Arguments
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}

function Initialize-Build {
    if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) { throw 'The .NET SDK 10 is needed: https://dotnet.microsoft.com/download' }
    foreach ($tool in 'ffmpeg', 'ffprobe') {
        if (-not (Get-Command $tool -ErrorAction SilentlyContinue)) { throw "$tool is not on PATH. Install it once, for example: winget install Gyan.FFmpeg" }
    }
    Write-Host 'ONNX Runtime: from the NuGet feed'

    # As eng/choose-precompilation.sh.
    $choice = 'artifacts/precompilation/Precompilation.props'
    if (-not (Test-Path $choice)) {
        New-Item -ItemType Directory -Force (Split-Path $choice) | Out-Null
        & dotnet restore src/LtxEngine.Cli/LtxEngine.Cli.csproj -p:PrecompileProgram=true | Out-File artifacts/precompilation/probe.log
        $precompile = if ($LASTEXITCODE -eq 0) { 'true' } else { 'false' }
        Set-Content $choice "<Project><PropertyGroup><PrecompileProgram>$precompile</PrecompileProgram></PropertyGroup></Project>"
        Write-Host "Precompilation: $precompile (the feed's answer is in artifacts/precompilation/probe.log)"
    }
}

function Build-Solution {
    Initialize-Build
    Invoke-Checked dotnet @('build', 'LtxEngine.sln', '-c', $configuration, '--nologo', '-v', 'quiet', '-clp:NoSummary')
}

switch ($Target) {
    'demo' {
        Build-Solution
        New-Item -ItemType Directory -Force out | Out-Null
        $prompt = (Get-Content -Raw models/demo/examples/boat.txt).Trim()
        Invoke-Checked dotnet (@("src/LtxEngine.Cli/bin/$configuration/net10.0/ltx.dll", 'generate', '--model', 'models/demo',
            '--image', 'models/demo/examples/boat.png', '--prompt', $prompt, '--seed', '10', '--out', 'out/demo.mp4', '--overwrite') + $Rest)
        Invoke-Checked ffmpeg @('-nostdin', '-y', '-v', 'error', '-i', 'out/demo.mp4', '-vf', 'select=not(mod(n\,4)),scale=160:160:flags=bicubic,tile=9x1:padding=4:color=white', '-frames:v', '1', 'out/demo-contact-sheet.png')
    }
    'test' {
        Build-Solution
        $output = & dotnet test --solution LtxEngine.sln -c $configuration --no-build --no-progress @Rest 2>&1 | Tee-Object -Variable lines
        $status = $LASTEXITCODE
        $output | Out-Host
        $passed = 0; $failed = 0
        foreach ($line in $lines) {
            if ("$line" -match '^\s*succeeded:\s*(\d+)$') { $passed = [int] $Matches[1] }
            if ("$line" -match '^\s*failed:\s*(\d+)$') { $failed = [int] $Matches[1] }
        }
        if ($status -ne 0 -and $failed -eq 0) { $failed = 1 }
        Write-Host "$passed passed, $failed failed"
        if ($failed -ne 0 -or $passed -eq 0) { exit 1 }
    }
    'build' { Build-Solution }
    'bench' { Build-Solution; Invoke-Checked dotnet (@('run', '-c', $configuration, '--no-build', '--project', 'benchmarks/LtxEngine.Benchmarks', '--') + $Rest) }
    'pack' { Build-Solution; Invoke-Checked dotnet @('pack', 'LtxEngine.sln', '-c', $configuration, '--no-build', '--nologo', '-o', 'artifacts/packages') }
    'format' { Initialize-Build; Invoke-Checked dotnet (@('format', 'LtxEngine.sln', '--exclude', 'artifacts/') + $Rest) }
    'clean' {
        Remove-Item -Recurse -Force -ErrorAction SilentlyContinue out, artifacts
        Get-ChildItem -Recurse -Directory -Include bin, obj | Remove-Item -Recurse -Force -ErrorAction SilentlyContinue
    }
    default { Write-Host 'usage: ./build.ps1 demo|test|build|bench|pack|format|clean'; if ($Target) { exit 2 } }
}
