namespace LtxEngine.Diffusion.Noise;

/// <summary>A stream of standard normal numbers; every call continues where the last one ended.</summary>
public interface INoiseSource
{
    /// <summary>Draws single-precision numbers.</summary>
    /// <param name="destination">Receives the numbers.</param>
    void Fill(Span<float> destination);

    /// <summary>Draws double-precision numbers.</summary>
    /// <param name="destination">Receives the numbers.</param>
    void Fill(Span<double> destination);
}
