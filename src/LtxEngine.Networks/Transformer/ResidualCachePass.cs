using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <summary>The part of a <see cref="ResidualCache"/> that belongs to one kind of pass; <see cref="AudioVideoTransformer.Forward"/> uses it.</summary>
internal sealed class ResidualCachePass : IDisposable
{
    private readonly ResidualCache _cache;
    private readonly CachedResidual _video;
    private readonly CachedResidual? _audio;
    private bool _videoEnabled;
    private bool _audioEnabled;
    private int _skippedInARow;

    internal ResidualCachePass(ResidualCache cache, string name, CachedResidual video, CachedResidual? audio)
    {
        _cache = cache;
        Name = name;
        _video = video;
        _audio = audio;
    }

    /// <summary>The kind of pass.</summary>
    public string Name { get; }

    /// <summary>Whether a pass was evaluated as a whole; one that was cancelled does not count.</summary>
    public bool IsFilled { get; private set; }

    private IComputeDevice Device => _cache.Device;

    /// <summary>Called before the first block.</summary>
    /// <param name="videoEnabled">Whether the video stream is updated.</param>
    /// <param name="audioEnabled">Whether there is an audio stream and it is updated.</param>
    internal void Begin(bool videoEnabled, bool audioEnabled)
    {
        // A stream that is not updated leaves nothing that a pass which updates it could reuse.
        IsFilled &= _videoEnabled == videoEnabled && _audioEnabled == audioEnabled;
        _videoEnabled = videoEnabled;
        _audioEnabled = audioEnabled;
        if (videoEnabled)
        {
            _video.Begin(Device);
        }

        if (audioEnabled)
        {
            _audio!.Begin(Device);
        }
    }

    /// <summary>Called after the first block: whether the others are skipped. When they are not, <see cref="EndRest"/> must follow them.</summary>
    /// <param name="mayReuse">Whether this step may skip at all.</param>
    internal bool SkipsRest(bool mayReuse)
    {
        double videoChange = _videoEnabled ? _video.Change(Device) : 0;
        double audioChange = _audioEnabled ? _audio!.Change(Device) : 0;
        if (mayReuse && IsFilled && _skippedInARow < _cache.Limits.MostInARow && Math.Max(videoChange, audioChange) <= _cache.Limits.Threshold)
        {
            return true;
        }

        IsFilled = false;
        if (_videoEnabled)
        {
            _video.BeginRest(Device);
        }

        if (_audioEnabled)
        {
            _audio!.BeginRest(Device);
        }

        return false;
    }

    /// <summary>Called in place of the skipped blocks.</summary>
    internal void AddRest()
    {
        if (_videoEnabled)
        {
            _video.AddRest(Device);
        }

        if (_audioEnabled)
        {
            _audio!.AddRest(Device);
        }

        _skippedInARow++;
    }

    /// <summary>Called after the last block.</summary>
    internal void EndRest()
    {
        if (_videoEnabled)
        {
            _video.EndRest(Device);
        }

        if (_audioEnabled)
        {
            _audio!.EndRest(Device);
        }

        IsFilled = true;
        _skippedInARow = 0;
    }

    internal void Clear() => IsFilled = false;

    internal ResidualCacheState Save() =>
        new(Name, _videoEnabled, _audioEnabled, _skippedInARow, [.. _video.Save(Device), .. _audio?.Save(Device) ?? []]);

    internal void Load(ResidualCacheState state)
    {
        Check.Length(state.Values.Count, _audio is null ? 2 : 4, nameof(state.Values), "two arrays for each stream");
        _video.Load(Device, state.Values[0], state.Values[1]);
        _audio?.Load(Device, state.Values[2], state.Values[3]);
        _videoEnabled = state.VideoEnabled;
        _audioEnabled = state.AudioEnabled;
        _skippedInARow = state.SkippedInARow;
        IsFilled = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _video.Dispose();
        _audio?.Dispose();
    }
}
