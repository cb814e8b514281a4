namespace LtxEngine;

/// <summary>What is in a model folder or a checkpoint file.</summary>
public sealed record ModelReport
{
    /// <summary>The folder or file.</summary>
    public required string Path { get; init; }

    /// <summary><c>dev</c> or <c>distilled</c> for a model folder; null for a single file.</summary>
    public string? Kind { get; init; }

    /// <summary>What requests take where they say nothing; null for a single file.</summary>
    public ModelDefaults? Defaults { get; init; }

    /// <summary>The weight files.</summary>
    public required IReadOnlyList<ModelFileReport> Files { get; init; }

    /// <summary>The networks.</summary>
    public required IReadOnlyList<ModelComponentReport> Components { get; init; }

    /// <summary>What is missing or wrong, one problem each; empty when the model can be used.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}
