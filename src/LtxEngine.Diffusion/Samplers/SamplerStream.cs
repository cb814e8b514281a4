using LtxEngine.Diffusion.Latents;

namespace LtxEngine.Diffusion.Samplers;

/// <summary>One stream of tokens with the working memory that a sampler may use. Nothing is allocated after a buffer's first use.</summary>
public sealed class SamplerStream
{
    private readonly float[] _denoised;
    private readonly List<float[]?> _carried = [];
    private readonly List<double[]?> _scratch = [];

    internal SamplerStream(LatentState state)
    {
        State = state;
        _denoised = new float[state.Latent.Length];
    }

    /// <summary>The tokens with masks and positions.</summary>
    public LatentState State { get; }

    /// <summary>The noisy latent <c>[tokens, channels]</c> that the step advances; also what the next evaluation of the model sees.</summary>
    public Span<float> Latent => State.Latent;

    /// <summary>The guided x0 of the last evaluation, blended with the clean latent by the denoise mask.</summary>
    public Span<float> Denoised => _denoised;

    /// <summary>Whether a carried buffer was written in an earlier step.</summary>
    /// <param name="slot">Number of the buffer, from 0.</param>
    public bool HasCarried(int slot) => slot >= 0 && slot < _carried.Count && _carried[slot] is not null;

    /// <summary>Memory as large as the latent that keeps its values from step to step and is part of a saved run. Zero at first.</summary>
    /// <param name="slot">Number of the buffer, 0 to 15.</param>
    public Span<float> Carried(int slot) => Get(_carried, slot, State.Latent.Length);

    /// <summary>Double-precision memory as large as the latent; its values are undefined when a step begins.</summary>
    /// <param name="slot">Number of the buffer, 0 to 15.</param>
    public Span<double> Scratch(int slot) => Get(_scratch, slot, State.Latent.Length);

    internal float[]?[] CopyCarried()
    {
        float[]?[] copies = new float[_carried.Count][];
        for (int slot = 0; slot < copies.Length; slot++)
        {
            copies[slot] = _carried[slot]?.ToArray();
        }

        return copies;
    }

    internal void RestoreCarried(IReadOnlyList<float[]?> saved)
    {
        _carried.Clear();
        for (int slot = 0; slot < saved.Count; slot++)
        {
            if (saved[slot] is { } buffer)
            {
                Require.Length(buffer.Length, State.Latent.Length, nameof(saved));
                buffer.CopyTo(Carried(slot));
            }
        }
    }

    private static T[] Get<T>(List<T[]?> buffers, int slot, int length)
    {
        Require.InRange(slot, 0, 15, nameof(slot));
        while (buffers.Count <= slot)
        {
            buffers.Add(null);
        }

        return buffers[slot] ??= new T[length];
    }
}
