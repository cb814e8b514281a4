namespace LtxEngine.Checkpoints.Configuration;

/// <summary>Collects everything that is wrong with a file, so that one error names it all.</summary>
internal sealed class ProblemList
{
    private readonly List<string> _problems = [];
    private ModelFormatErrorKind _kind;

    /// <summary>The number of problems so far.</summary>
    public int Count => _problems.Count;

    /// <summary>Every problem so far.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Notes a problem.</summary>
    /// <param name="kind">Its kind; the first one becomes the error's kind.</param>
    /// <param name="problem">A sentence that names the field, its value and what is allowed.</param>
    public void Add(ModelFormatErrorKind kind, string problem)
    {
        if (_problems.Count == 0)
        {
            _kind = kind;
        }

        if (!_problems.Contains(problem, StringComparer.Ordinal))
        {
            _problems.Add(problem);
        }
    }

    /// <summary>Throws when there is any problem.</summary>
    /// <param name="path">The file that the problems are about.</param>
    /// <exception cref="ModelFormatException">There is at least one problem.</exception>
    public void ThrowIfAny(string path)
    {
        if (_problems.Count > 0)
        {
            throw new ModelFormatException(path, _kind, [.. _problems]);
        }
    }
}
