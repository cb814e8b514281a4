using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Output;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <content>The MP4 case: written, examined with ffprobe, decoded and compared under the case's own limits.</content>
internal sealed partial class VideoOutputComponent
{
    private static async Task RunMp4Async(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        HostTensor frames = referenceCase.Input("frames");
        byte[] pixels = PixelTensor.ToBytes(frames.Data);
        AudioBuffer audio = ToAudio(referenceCase);
        FfmpegTool ffmpeg = new();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ltx-verify-");
        try
        {
            string path = Path.Combine(folder.FullName, "out.mp4");
            await WriteAsync(ffmpeg, path, referenceCase, frames.Shape, pixels, audio).ConfigureAwait(false);
            outputs.SetExpected(await DescribeAsync(path).ConfigureAwait(false));
            await CompareAsync(ffmpeg, path, referenceCase, pixels, audio, outputs).ConfigureAwait(false);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task WriteAsync(
        FfmpegTool ffmpeg, string path, ReferenceCase referenceCase, TensorShape shape, byte[] pixels, AudioBuffer audio)
    {
        VideoWriterOptions options = new()
        {
            FrameCount = (int)shape[0],
            Height = (int)shape[1],
            Width = (int)shape[2],
            FrameRate = FrameRate.FromDouble(referenceCase.Parameters.GetProperty("fps").GetDouble()),
            Audio = audio,
            AudioLength = AudioLength.AsGiven,
        };
        VideoWriter writer = await VideoWriter.CreateAsync(ffmpeg, path, options, CancellationToken.None).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            int frameLength = options.Width * options.Height * 3;
            for (int i = 0; i < options.FrameCount; i++)
            {
                await writer.WriteFrameAsync(pixels.AsMemory(i * frameLength, frameLength), CancellationToken.None).ConfigureAwait(false);
            }

            await writer.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<object> DescribeAsync(string path)
    {
        JsonElement probe = await MediaProbe.ReadAsync(path, null, CancellationToken.None).ConfigureAwait(false);
        JsonElement video = Stream("video");
        JsonElement audio = Stream("audio");
        string rate = video.GetProperty("avg_frame_rate").GetString()!;
        long audioTicks = audio.GetProperty("duration_ts").GetInt64();
        return new
        {
            video = new
            {
                codec = video.GetProperty("codec_name").GetString(),
                profile = video.GetProperty("profile").GetString(),
                pix_fmt = video.GetProperty("pix_fmt").GetString(),
                width = video.GetProperty("width").GetInt32(),
                height = video.GetProperty("height").GetInt32(),
                frames = int.Parse(video.GetProperty("nb_read_frames").GetString()!, CultureInfo.InvariantCulture),
                rate = rate.EndsWith("/1", StringComparison.Ordinal) ? rate[..^2] : rate,
            },
            audio = new
            {
                codec = audio.GetProperty("codec_name").GetString(),
                profile = audio.GetProperty("profile").GetString(),
                sample_rate = int.Parse(audio.GetProperty("sample_rate").GetString()!, CultureInfo.InvariantCulture),
                channels = audio.GetProperty("channels").GetInt32(),
                samples = audioTicks,
                duration_ts = audioTicks,
                time_base = audio.GetProperty("time_base").GetString(),
            },
        };

        JsonElement Stream(string kind) => probe.GetProperty("streams").EnumerateArray()
            .First(s => s.GetProperty("codec_type").GetString() == kind);
    }

    private static async Task CompareAsync(
        FfmpegTool ffmpeg, string path, ReferenceCase referenceCase, byte[] pixels, AudioBuffer audio, CaseOutputs outputs)
    {
        JsonElement parameters = referenceCase.Parameters;
        ReadOnlyMemory<byte> video = await DecodeAsync(["-map", "0:v:0", "-pix_fmt", "rgb24", "-f", "rawvideo"]).ConfigureAwait(false);
        double psnr = PixelTensor.Psnr(video.Span, pixels);
        double minimum = parameters.GetProperty("min_psnr_db").GetDouble();
        outputs.Check("video_psnr_db", psnr, minimum, psnr >= minimum);

        ReadOnlyMemory<byte> sound = await DecodeAsync(["-map", "0:a:0", "-c:a", "pcm_s16le", "-f", "s16le"]).ConfigureAwait(false);
        double error = RelativeRms(MemoryMarshal.Cast<byte, short>(sound.Span), audio.ToInt16Interleaved());
        double maximum = parameters.GetProperty("max_audio_relative_rms").GetDouble();

        // The exact figure of the reference's encoder binds only through the limit: encoder builds differ.
        outputs.Check("audio_relative_rms", error, maximum, error <= maximum, "audio_relative_rms_to_input");

        Task<ReadOnlyMemory<byte>> DecodeAsync(string[] output) => ffmpeg.RunAsync(
            ["-i", "file:" + path, .. output, "pipe:1"], ReadOnlyMemory<byte>.Empty, 1 << 30, "decoding the written file", MediaErrorKind.ToolFailed, CancellationToken.None);
    }

    private static double RelativeRms(ReadOnlySpan<short> actual, ReadOnlySpan<short> expected)
    {
        double difference = 0;
        double magnitude = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = (i < actual.Length ? actual[i] : 0) - expected[i];
            difference += error * error;
            magnitude += (double)expected[i] * expected[i];
        }

        return Math.Sqrt(difference / magnitude);
    }
}
