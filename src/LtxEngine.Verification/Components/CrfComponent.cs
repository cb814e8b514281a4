using System.Globalization;
using System.Text.Json;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Images;

namespace LtxEngine.Verification.Components;

/// <summary>The start image's round trip through H.264. Passes when the result comes close enough to any number of slices the case lists.</summary>
internal sealed class CrfComponent : IComponentRunner
{
    private const string SlicesPrefix = "expected_slices_";

    /// <inheritdoc/>
    public string Component => "crf";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        if (referenceCase.Operation is not null)
        {
            throw new UnknownOperationException(Component, referenceCase.Operation);
        }

        JsonElement parameters = referenceCase.Parameters;
        RequireSupported(parameters, "preset", "veryfast");
        RequireSupported(parameters, "pix_fmt", "yuv420p");
        if (parameters.TryGetProperty("frame_rate", out JsonElement rate) && rate.GetDouble() != 1)
        {
            throw new NotSupportedException($"parameters.frame_rate is {rate}; the round trip runs at 1.");
        }

        double limit = parameters.GetProperty("min_psnr_db").GetDouble();
        FfmpegTool ffmpeg = new();
        ImageDecoder decoder = new(ffmpeg);
        CrfRoundTrip roundTrip = new(ffmpeg);
        RgbImage image = Decode(referenceCase.Files["image"]);
        int crf = parameters.GetProperty("crf").GetInt32();

        // One slice is what the engine itself runs; where the case does not list it, any listed number may serve.
        int[] slices =
        [
            .. referenceCase.Files.Keys.Where(k => k.StartsWith(SlicesPrefix, StringComparison.Ordinal))
                .Select(k => int.Parse(k.AsSpan(SlicesPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture)).Order(),
        ];
        RgbImage result = Compress(slices.Contains(1) ? 1 : slices[0]);
        double best = slices.Max(n => PixelTensor.Psnr(result, Decode(referenceCase.Files[SlicesPrefix + n.ToString(CultureInfo.InvariantCulture)])));
        outputs.Check("psnr_db", best, limit, best >= limit);
        outputs.SetExpected(new { height = result.Height, width = result.Width });

        RgbImage Decode(string path) => decoder.DecodeAsync(ImageSource.FromFile(path), CancellationToken.None).GetAwaiter().GetResult();

        RgbImage Compress(int count) => roundTrip.ApplyAsync(image, crf, count, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static void RequireSupported(JsonElement parameters, string name, string supported)
    {
        if (parameters.TryGetProperty(name, out JsonElement value) && value.GetString() != supported)
        {
            throw new NotSupportedException($"parameters.{name} is {value}; the round trip runs with {supported}.");
        }
    }
}
