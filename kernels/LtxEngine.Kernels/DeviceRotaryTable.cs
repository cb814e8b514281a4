namespace LtxEngine.Kernels;

/// <summary>Cosines and sines of a rotary position embedding in a device's own layout. Made once per shape.</summary>
internal abstract class DeviceRotaryTable : IDisposable
{
    /// <summary>Creates the handle.</summary>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="width">Width of the rows it rotates (all heads together).</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="layout">Where the pairs lie.</param>
    protected DeviceRotaryTable(int tokens, int width, int heads, RotaryLayout layout)
    {
        Tokens = tokens;
        Width = width;
        Heads = heads;
        Layout = layout;
    }

    /// <summary>Number of tokens.</summary>
    public int Tokens { get; }

    /// <summary>Width of the rows it rotates.</summary>
    public int Width { get; }

    /// <summary>Number of heads.</summary>
    public int Heads { get; }

    /// <summary>Where the pairs lie.</summary>
    public RotaryLayout Layout { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the device memory.</summary>
    /// <param name="disposing">Whether called from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
