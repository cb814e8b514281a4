using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <content>Preparation of a prompt.</content>
internal sealed partial class AudioVideoTransformer
{
    /// <summary>
    /// Projects a text context and computes the keys and values of every block's text attention.
    /// In this model they are independent of the timestep, so one preparation serves the whole sampling.
    /// </summary>
    /// <param name="videoContext">[rows, context width]: output of the video connector; all rows are attended to.</param>
    /// <param name="audioContext">[rows, context width]: output of the audio connector; empty when no audio will be computed.</param>
    /// <param name="probe">Receives <c>video_caption_projection</c> and <c>audio_caption_projection</c>.</param>
    /// <param name="cancellationToken">Stops between device operations.</param>
    public TextConditioning PrepareText(
        ReadOnlySpan<float> videoContext,
        ReadOnlySpan<float> audioContext,
        ITensorProbe? probe = null,
        CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int videoRows = Check.Rows(videoContext.Length, Structure.Video.ContextWidth, nameof(videoContext));
        if (videoRows == 0)
        {
            throw new ArgumentException("The video text context is empty; it needs at least one row.", nameof(videoContext));
        }

        int audioRows = Structure.Audio is null ? 0 : Check.Rows(audioContext.Length, Structure.Audio.ContextWidth, nameof(audioContext));
        long largestInput = Math.Max(InputLength(Structure.Video, videoRows), Structure.Audio is null ? 0 : InputLength(Structure.Audio, audioRows));
        using ProductScratch scratch = ProductScratch.Allocate(_source, largestInput, Math.Max(videoRows, audioRows));
        DeviceOperations operations = new(_device, _limits, scratch, cancellationToken);
        TextConditioning text = new(this, Structure.Layers, videoRows, audioRows);
        try
        {
            using DeviceBuffer video = ProjectContext(operations, _video, Structure.Video, videoContext, videoRows, probe);
            using DeviceBuffer? audio = audioRows > 0 ? ProjectContext(operations, _audio!, Structure.Audio!, audioContext, audioRows, probe) : null;
            for (int block = 0; block < Structure.Layers; block++)
            {
                TextBlockWeights weights = _residentText?.Acquire(block, cancellationToken) ?? new TextBlockWeights(_source, block, Structure.Audio is not null);
                try
                {
                    text.SetVideo(block, KeysAndValues(operations, video, videoRows, Structure.Video.Width, weights.VideoKeyValue, weights.VideoKeyNorm));
                    if (audio is not null)
                    {
                        text.SetAudio(block, KeysAndValues(operations, audio, audioRows, Structure.Audio!.Width, weights.AudioKeyValue!, weights.AudioKeyNorm));
                    }
                }
                finally
                {
                    if (_residentText is null)
                    {
                        weights.Dispose();
                    }
                }
            }

            _device.Synchronize();
            return text;
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    private static long InputLength(StreamStructure stream, int rows) => checked((long)rows * Math.Max(stream.Width, stream.ContextWidth));

    private DeviceBuffer ProjectContext(
        DeviceOperations operations,
        StreamGlobalWeights weights,
        StreamStructure stream,
        ReadOnlySpan<float> context,
        int rows,
        ITensorProbe? probe)
    {
        using DeviceBuffer input = _device.Allocate((long)rows * stream.ContextWidth);
        using DeviceBuffer hidden = _device.Allocate((long)rows * stream.Width);
        DeviceBuffer projected = _device.Allocate((long)rows * stream.Width);
        try
        {
            _device.Upload(context, input.AsMatrix(rows, stream.ContextWidth));
            DeviceMatrix output = projected.AsMatrix(rows, stream.Width);
            operations.Linear(input.AsMatrix(rows, stream.ContextWidth), weights.CaptionProjection1, hidden.AsMatrix(rows, stream.Width), Activation.GeluTanh);
            operations.Linear(hidden.AsMatrix(rows, stream.Width), weights.CaptionProjection2, output);
            new Tap(probe, weights.Modality + "_caption_projection").Record(_device, output);
            return projected;
        }
        catch
        {
            projected.Dispose();
            throw;
        }
    }

    private DeviceBuffer KeysAndValues(DeviceOperations operations, DeviceBuffer context, int rows, int width, IDeviceWeight weight, DeviceMatrix keyNorm)
    {
        DeviceBuffer result = _device.Allocate((long)rows * 2 * width);
        try
        {
            DeviceMatrix keysAndValues = result.AsMatrix(rows, 2 * width);
            operations.Linear(context.AsMatrix(rows, width), weight, keysAndValues);
            operations.Device.RmsNormRotate(keysAndValues.ColumnRange(0, width), keyNorm, Structure.Epsilon, null);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }
}
