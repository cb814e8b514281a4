namespace LtxEngine.Graphs.Tests.Execution;

/// <summary>Tests that read figures of the whole process and so must not run beside others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RunsAlone
{
    public const string Name = "Runs alone";
}
