using System.Text.Json;
using LtxEngine.Checkpoints;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Runs the video VAE's decoder for a case: plain or conditioned, whole or in tiles.</summary>
internal static class VideoDecoderRun
{
    private const string FramesName = "frames_u8";

    /// <summary>Decodes and adds every output that the case demands.</summary>
    public static void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        UnknownOperationException.ThrowIfNamed(referenceCase);
        HashSet<string> taps = [.. referenceCase.Outputs.Select(o => o.Name).Where(name => name is not (VideoVaeGraphs.VideoName or FramesName))];
        using SafetensorsFile checkpoint = SafetensorsFile.Open(referenceCase.Checkpoint);
        using VideoVaeDecoder decoder = VideoVaeDecoder.Load(checkpoint, GraphThreads.Options(context), taps);
        HostTensor latent = referenceCase.Input("latent");
        bool tiled = referenceCase.Parameters.ValueKind == JsonValueKind.Object
            && referenceCase.Parameters.TryGetProperty("tiling", out JsonElement tiling) && tiling.ValueKind == JsonValueKind.Object;
        IReadOnlyDictionary<string, HostTensor> results = SampleBatch.Run(latent.Shape.Extent(0), index =>
        {
            HostTensor sample = SampleBatch.Sample(latent, index);
            VideoDecodeConditioning? conditioning = decoder.Configuration.IsTimestepConditioned ? Conditioning(referenceCase, index) : null;
            return tiled
                ? DecodeTiled(referenceCase, outputs, decoder, sample, conditioning)
                : decoder.DecodeWithTaps(sample, conditioning);
        });
        foreach ((string name, HostTensor tensor) in results)
        {
            outputs.Add(name, tensor);
        }

        if (referenceCase.Wants(FramesName))
        {
            outputs.Add(FramesName, ToFrames(results[VideoVaeGraphs.VideoName]));
        }
    }

    private static VideoDecodeConditioning Conditioning(ReferenceCase referenceCase, int sample)
    {
        JsonElement parameters = referenceCase.Parameters;
        VideoDecodeConditioning conditioning = new()
        {
            Noise = (tile, _) => SampleBatch.Sample(referenceCase.Input(referenceCase.HasInput("noise") ? "noise" : $"noise.{tile}"), sample),
        };
        if (parameters.TryGetProperty("timestep", out JsonElement timestep))
        {
            conditioning = conditioning with { Timestep = timestep.GetSingle() };
        }

        return parameters.TryGetProperty("noise_scale", out JsonElement scale) ? conditioning with { NoiseScale = scale.GetSingle() } : conditioning;
    }

    private static Dictionary<string, HostTensor> DecodeTiled(
        ReferenceCase referenceCase, CaseOutputs outputs, VideoVaeDecoder decoder, HostTensor latent, VideoDecodeConditioning? conditioning)
    {
        VideoTilingOptions options = VideoTilingParameters.Read(referenceCase.Parameters.GetProperty("tiling"));
        int tiles = 0;
        List<HostTensor> chunks = [.. decoder.DecodeStream(latent, options, conditioning, new TileCounter(() => tiles++)).Select(chunk => chunk.ToTensor())];
        outputs.SetExpected(new { tiles, chunk_frames = chunks.Select(c => c.Shape.Extent(1)).ToArray() });

        int frames = chunks.Sum(c => c.Shape.Extent(1));
        (int channels, int height, int width) = (chunks[0].Shape.Extent(0), chunks[0].Shape.Extent(2), chunks[0].Shape.Extent(3));
        HostTensor video = HostTensor.Zeros(1, channels, frames, height, width);
        int firstFrame = 0;
        foreach (HostTensor chunk in chunks)
        {
            int values = chunk.Shape.Extent(1) * height * width;
            for (int channel = 0; channel < channels; channel++)
            {
                chunk.Data.AsSpan(channel * values, values).CopyTo(video.Data.AsSpan(((channel * frames) + firstFrame) * height * width));
            }

            firstFrame += chunk.Shape.Extent(1);
        }

        return new Dictionary<string, HostTensor>(StringComparer.Ordinal) { [VideoVaeGraphs.VideoName] = video };
    }

    private static HostTensor ToFrames(HostTensor video)
    {
        VideoChunk chunk = VideoChunk.FromTensor(0, new HostTensor(new TensorShape(video.Shape.Dimensions.AsSpan()[1..]), video.Data));
        HostTensor frames = HostTensor.Zeros(chunk.FrameCount, chunk.Height, chunk.Width, 3);
        byte[] bytes = new byte[chunk.BytesPerFrame];
        for (int frame = 0; frame < chunk.FrameCount; frame++)
        {
            chunk.CopyRgb24(frame, bytes);
            for (int i = 0; i < bytes.Length; i++)
            {
                frames.Data[(frame * bytes.Length) + i] = bytes[i];
            }
        }

        return frames;
    }

    private sealed class TileCounter(Action count) : IProgress<VideoDecodeProgress>
    {
        public void Report(VideoDecodeProgress value) => count();
    }
}
