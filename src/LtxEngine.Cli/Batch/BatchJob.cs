namespace LtxEngine.Cli.Batch;

/// <summary>One clip of a batch.</summary>
internal sealed record BatchJob
{
    /// <summary>Line of the jobs file, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Number of the clip among those of its line, from 1.</summary>
    public required int Clip { get; init; }

    /// <summary>Name of the file, in the folder of the batch.</summary>
    public required string Output { get; init; }

    /// <summary>The request; without a seed where the line has none.</summary>
    public required GenerationRequest Request { get; init; }

    /// <summary>Fields of the line as text, without number and name of the clips.</summary>
    public required string Fields { get; init; }

    /// <summary>Files that the request reads, full paths.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>What errors call the job: <c>line 3</c>.</summary>
    public string Name => FormattableString.Invariant($"line {Line}");
}
