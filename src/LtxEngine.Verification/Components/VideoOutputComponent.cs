using LtxEngine.Media.Output;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>From decoded floats to 8-bit frames, 16-bit sound and the MP4 file.</summary>
internal sealed partial class VideoOutputComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "video_output";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        switch (referenceCase.Operation)
        {
            case "video_to_uint8":
                AddFrames(referenceCase, outputs);
                break;
            case "audio_to_int16":
                AudioBuffer audio = ToAudio(referenceCase);
                PixelTensor.Add(
                    outputs, referenceCase, "samples", new TensorShape(audio.SamplesPerChannel, audio.Channels), [.. audio.ToInt16Interleaved().Select(s => (long)s)]);
                break;
            case "mp4":
                RunMp4Async(referenceCase, outputs).GetAwaiter().GetResult();
                break;
            default:
                throw new UnknownOperationException(Component, referenceCase.Operation);
        }
    }

    private static AudioBuffer ToAudio(ReferenceCase referenceCase)
    {
        HostTensor audio = referenceCase.Input("audio");
        return new AudioBuffer(audio.Data, (int)audio.Shape[0], referenceCase.Parameters.GetProperty("sample_rate").GetInt32());
    }

    private static void AddFrames(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        HostTensor video = referenceCase.Input("video");
        int frames = (int)video.Shape[2];
        int height = (int)video.Shape[3];
        int width = (int)video.Shape[4];
        int plane = height * width;
        long[] result = new long[frames * plane * 3];
        byte[] rgb = new byte[plane * 3];
        for (int frame = 0; frame < frames; frame++)
        {
            FrameConversion.ToRgb24(Plane(0, frame), Plane(1, frame), Plane(2, frame), rgb);
            for (int i = 0; i < rgb.Length; i++)
            {
                result[(frame * rgb.Length) + i] = rgb[i];
            }
        }

        PixelTensor.Add(outputs, referenceCase, "frames", new TensorShape(frames, height, width, 3), result);

        ReadOnlySpan<float> Plane(int channel, int frame) => video.Data.AsSpan(((channel * frames) + frame) * plane, plane);
    }
}
