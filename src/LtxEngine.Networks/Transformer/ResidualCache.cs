using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <summary>
/// What the blocks behind the first one added to the residual streams in an earlier forward pass, so that a later, similar pass can add it
/// again instead of evaluating them. Similar is a pass whose first block changes the streams almost as it did then:
/// Σ|r − r'| / Σ|r'| ≤ threshold, where r is what the first block added, r' what it added in the last pass that was evaluated as a whole.
/// Video and sound are judged apart and skipped together, because every block joins them. Each kind of pass (prompt, negative prompt, …)
/// has its own memory. Source: the first-block cache of ParaAttention.
/// </summary>
/// <remarks>
/// Belongs to one workspace. Sums run over at most <see cref="MostTokensCompared"/> evenly spread tokens on the host, in a fixed order, so a
/// decision never depends on the number of threads. Memory is allocated by the first pass of a kind; later ones allocate nothing.
/// </remarks>
internal sealed class ResidualCache : IDisposable
{
    /// <summary>Four million values of the 19B model: their mean is as good as that of all.</summary>
    internal const int MostTokensCompared = 1024;

    private readonly List<ResidualCachePass> _passes = [];
    private readonly StreamWorkspace _video;
    private readonly StreamWorkspace? _audio;
    private readonly ResidualSample _videoSample;
    private readonly ResidualSample? _audioSample;

    internal ResidualCache(IComputeDevice device, TransformerWorkspace workspace, ResidualCacheLimits limits)
    {
        Device = device;
        Limits = limits;
        _video = workspace.Video;
        _audio = workspace.Audio;
        _videoSample = new ResidualSample(device, _video);
        try
        {
            _audioSample = _audio is null ? null : new ResidualSample(device, _audio);
        }
        catch
        {
            _videoSample.Dispose();
            throw;
        }
    }

    /// <summary>When blocks are skipped.</summary>
    public ResidualCacheLimits Limits { get; }

    internal IComputeDevice Device { get; }

    /// <summary>The memory of one kind of pass, made when it is first asked for.</summary>
    /// <param name="name">Identifies the kind: prompt and perturbations.</param>
    public ResidualCachePass Pass(string name)
    {
        foreach (ResidualCachePass pass in _passes)
        {
            if (string.Equals(pass.Name, name, StringComparison.Ordinal))
            {
                return pass;
            }
        }

        ResidualCachePass added = new(this, name, new CachedResidual(Device, _video, _videoSample), _audio is null ? null : new CachedResidual(Device, _audio, _audioSample!));
        _passes.Add(added);
        return added;
    }

    /// <summary>Copies everything that later decisions and results depend on, as plain arrays that can be stored.</summary>
    public IReadOnlyList<ResidualCacheState> Save() => [.. _passes.Where(pass => pass.IsFilled).Select(pass => pass.Save())];

    /// <summary>Goes on from a saved state: what follows is bit-identical to what would have followed then.</summary>
    /// <param name="states">From <see cref="Save"/> of a cache over the same shape.</param>
    /// <exception cref="ArgumentException">The state is of another shape.</exception>
    public void Load(IReadOnlyList<ResidualCacheState> states)
    {
        foreach (ResidualCachePass pass in _passes)
        {
            pass.Clear();
        }

        foreach (ResidualCacheState state in states)
        {
            Pass(state.Pass).Load(state);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ResidualCachePass pass in _passes)
        {
            pass.Dispose();
        }

        _passes.Clear();
        _audioSample?.Dispose();
        _videoSample.Dispose();
    }
}
