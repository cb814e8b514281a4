using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <summary>
/// One prompt in the form that the blocks read: normalised keys and values of the text attention of every block.
/// They do not depend on the timestep, so they are computed once per prompt and used in every step.
/// </summary>
internal sealed class TextConditioning : IDisposable
{
    private readonly DeviceBuffer?[] _video;
    private readonly DeviceBuffer?[] _audio;
    private bool _disposed;

    /// <summary>Creates an empty conditioning.</summary>
    /// <param name="owner">The network that it is for.</param>
    /// <param name="layers">Number of blocks.</param>
    /// <param name="videoRows">Text rows of the video context.</param>
    /// <param name="audioRows">Text rows of the audio context, 0 for none.</param>
    internal TextConditioning(AudioVideoTransformer owner, int layers, int videoRows, int audioRows)
    {
        Owner = owner;
        VideoRows = videoRows;
        AudioRows = audioRows;
        _video = new DeviceBuffer?[layers];
        _audio = new DeviceBuffer?[layers];
    }

    /// <summary>Number of text rows that video attends to.</summary>
    public int VideoRows { get; }

    /// <summary>Number of text rows that audio attends to; 0 when no audio context was given.</summary>
    public int AudioRows { get; }

    internal AudioVideoTransformer Owner { get; }

    /// <summary>Keys, then values, of a block: [rows, 2·width].</summary>
    internal DeviceMatrix Video(int block) => View(_video[block], VideoRows);

    /// <summary>Keys, then values, of a block: [rows, 2·width].</summary>
    internal DeviceMatrix Audio(int block) => View(_audio[block], AudioRows);

    internal void SetVideo(int block, DeviceBuffer keysAndValues) => _video[block] = keysAndValues;

    internal void SetAudio(int block, DeviceBuffer keysAndValues) => _audio[block] = keysAndValues;

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        for (int i = 0; i < _video.Length; i++)
        {
            _video[i]?.Dispose();
            _audio[i]?.Dispose();
            _video[i] = _audio[i] = null;
        }
    }

    private DeviceMatrix View(DeviceBuffer? buffer, int rows)
    {
        ObjectDisposedException.ThrowIf(_disposed || buffer is null, this);
        return buffer.AsMatrix(rows, checked((int)(buffer.Length / rows)));
    }
}
