namespace LtxEngine.Server.Tests;

/// <summary>Tests that measure the memory of the process run alone: what others allocate at the same time would count as theirs.</summary>
[CollectionDefinition(nameof(MemoryCollection), DisableParallelization = true)]
public sealed class MemoryCollection;
