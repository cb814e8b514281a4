namespace LtxEngine.Server.Jobs;

/// <summary>Jobs of lower priority wait behind all others.</summary>
internal enum JobPriority
{
    /// <summary>First come, first served.</summary>
    Normal,

    /// <summary>Behind every normal job.</summary>
    Low,
}
