using System.Runtime.InteropServices;
using LtxEngine.Graphs.Execution;
using LtxEngine.Kernels;
using LtxEngine.Pipeline;

namespace LtxEngine;

/// <summary>Looks at what this machine offers to the engine.</summary>
public static class EngineDiagnostics
{
    /// <summary>Looks for everything that the engine needs or can use; nothing is started for long and nothing is written.</summary>
    /// <param name="ffmpeg">Where ffmpeg is; null to look on PATH.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <returns>The findings, required things first.</returns>
    public static async Task<IReadOnlyList<DiagnosticEntry>> CollectAsync(FfmpegOptions? ffmpeg = null, CancellationToken cancellationToken = default)
    {
        List<DiagnosticEntry> entries = [Runtime(), OnnxRuntime(), await FfmpegAsync(ffmpeg, cancellationToken).ConfigureAwait(false)];
        List<string> absent = [];
        bool chosen = false;
        foreach (IComputeDeviceProvider provider in DeviceSelection.Providers(absent))
        {
            foreach (ComputeDeviceDescription device in provider.Describe())
            {
                string use = chosen ? "used when it is asked for by --device" : "used for --device auto: the first device that was found";
                entries.Add(new DiagnosticEntry($"device {provider.Kind}", true, false, [device.Name, .. device.Details, use]));
                chosen = true;
            }
        }

        entries.AddRange(absent.Select(note => new DiagnosticEntry("device cuda", false, false, [note])));
        return entries;
    }

    private static DiagnosticEntry Runtime() => new(
        "runtime",
        true,
        true,
        [
            $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.RuntimeIdentifier}",
            RuntimeInformation.OSDescription,
            $"{Environment.ProcessorCount} processors available to this process",
            $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30):0.0} GiB of memory available to this process",
        ]);

    private static DiagnosticEntry OnnxRuntime()
    {
        const string Name = "ONNX Runtime";
        try
        {
            return new DiagnosticEntry(
                Name,
                true,
                true,
                [$"version {GraphRuntime.Version}", $"providers: {string.Join(", ", GraphRuntime.AvailableProviders)}", "used for: text encoder, video VAE, audio VAE, vocoder, on the processor"]);
        }
        catch (GraphException exception)
        {
            return new DiagnosticEntry(Name, false, true, [exception.Message]);
        }
    }

    private static async Task<DiagnosticEntry> FfmpegAsync(FfmpegOptions? options, CancellationToken cancellationToken)
    {
        const string Name = "ffmpeg";
        try
        {
            FfmpegInfo info = await FfmpegInfo.DetectAsync(options, cancellationToken).ConfigureAwait(false);
            return new DiagnosticEntry(
                Name,
                info.MissingEncoders.Count == 0,
                true,
                [
                    $"version {info.Version}",
                    info.FfmpegPath,
                    info.MissingEncoders.Count == 0 ? "all needed encoders are there" : $"missing encoders: {string.Join(", ", info.MissingEncoders)}; use a full build of ffmpeg",
                ]);
        }
        catch (MediaException exception)
        {
            return new DiagnosticEntry(Name, false, true, [exception.Message]);
        }
    }
}
