namespace LtxEngine.Checkpoints.Configuration;

/// <summary>Collects everything that is wrong with a file, so that one error names it all.</summary>
internal sealed class ProblemList
{
    /// <summary>How many problems a message lists before it only counts the rest: a hostile file must not fill the memory with them.</summary>
    public const int MaximumListed = 1000;

    private readonly List<string> _problems = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private ModelFormatErrorKind _kind;

    /// <summary>The number of problems so far.</summary>
    public int Count { get; private set; }

    /// <summary>The problems so far, at most <see cref="MaximumListed"/>.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reads one part of a file and reports all that is wrong with it at once.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="read">Reads the part and notes what is wrong.</param>
    /// <exception cref="ModelFormatException">There is at least one problem.</exception>
    public static T Read<T>(ITensorCollection checkpoint, Func<ITensorCollection, ProblemList, T> read)
    {
        ProblemList problems = new();
        T part = read(checkpoint, problems);
        problems.ThrowIfAny(checkpoint.DisplayPath());
        return part;
    }

    /// <summary>Notes a problem.</summary>
    /// <param name="kind">Its kind; the first one becomes the error's kind.</param>
    /// <param name="problem">A sentence that names the field, its value and what is allowed.</param>
    public void Add(ModelFormatErrorKind kind, string problem)
    {
        if (Count == 0)
        {
            _kind = kind;
        }

        if (_problems.Count == MaximumListed)
        {
            Count++;
        }
        else if (_known.Add(problem))
        {
            Count++;
            _problems.Add(problem);
        }
    }

    /// <summary>Adds these problems to another list.</summary>
    public void CopyTo(ProblemList other)
    {
        foreach (string problem in _problems)
        {
            other.Add(_kind, problem);
        }
    }

    /// <summary>Throws when there is any problem.</summary>
    /// <param name="path">The file that the problems are about.</param>
    /// <exception cref="ModelFormatException">There is at least one problem.</exception>
    public void ThrowIfAny(string path)
    {
        if (Count > 0)
        {
            string[] problems = Count > _problems.Count ? [.. _problems, $"… and {Count - _problems.Count} more."] : [.. _problems];
            throw new ModelFormatException(path, _kind, problems);
        }
    }
}
