namespace LtxEngine.Verification;

/// <summary>Which reference cases to run.</summary>
public sealed record VerificationOptions
{
    /// <summary>Only cases of these components; empty means all.</summary>
    public IReadOnlyList<string> Components { get; init; } = [];

    /// <summary>Only cases of these names (<c>case</c> or <c>component/case</c>); empty means all.</summary>
    public IReadOnlyList<string> Cases { get; init; } = [];

    /// <summary>Cases left out, as <c>component/case</c> or <c>component/*</c>.</summary>
    public IReadOnlyList<string> Except { get; init; } = [];

    /// <summary>Threads of the compute device; 0 for the default.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// In which numbers the networks multiply. The limits of the cases are those of fp32: with other numbers a case passes when its errors are finite,
    /// and what matters are the figures.
    /// </summary>
    public ComputeType ComputeType { get; init; } = ComputeType.Single;

    /// <summary>How cases of the text model run it. Default <see cref="TextModelExecution.Auto"/>.</summary>
    public TextModelExecution TextModel { get; init; } = TextModelExecution.Auto;

    /// <summary>Reads a list of exceptions: one <c>component/case</c> or <c>component/*</c> per line, <c>#</c> begins a comment.</summary>
    /// <param name="path">The file.</param>
    public static IReadOnlyList<string> ReadExceptions(string path) =>
        [.. File.ReadLines(path).Select(l => l.Split('#')[0].Trim()).Where(l => l.Length > 0)];

    internal bool Selects(string component, string name)
    {
        string full = component + "/" + name;
        return (Components.Count == 0 || Components.Contains(component, StringComparer.Ordinal))
            && (Cases.Count == 0 || Cases.Contains(name, StringComparer.Ordinal) || Cases.Contains(full, StringComparer.Ordinal))
            && !Except.Contains(full, StringComparer.Ordinal)
            && !Except.Contains(component + "/*", StringComparer.Ordinal);
    }
}
