namespace LtxEngine.Checkpoints.Safetensors;

/// <summary>Counts how much of a header was looked at, so that tests can bound the work that a hostile file causes.</summary>
internal sealed class HeaderWork
{
    /// <summary>Header bytes examined, every pass counted.</summary>
    public long BytesExamined { get; private set; }

    /// <summary>Adds to the count.</summary>
    public void Add(long bytes) => BytesExamined += bytes;
}
