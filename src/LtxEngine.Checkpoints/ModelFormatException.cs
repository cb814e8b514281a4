namespace LtxEngine;

/// <summary>
/// A file of a model is damaged, incomplete, of another kind, or asks for something the engine does not support.
/// The message names the file, everything that is wrong with it and what to do.
/// </summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>Creates the error.</summary>
    public ModelFormatException()
        : this("The model file is not usable.")
    {
    }

    /// <summary>Creates the error with its message.</summary>
    /// <param name="message">File, entry, value, what is allowed.</param>
    public ModelFormatException(string message)
        : this(message, innerException: null)
    {
    }

    /// <summary>Creates the error with its message and what caused it.</summary>
    /// <param name="message">File, entry, value, what is allowed.</param>
    /// <param name="innerException">The cause.</param>
    public ModelFormatException(string message, Exception? innerException)
        : base(message, innerException)
    {
        Problems = [message];
    }

    /// <summary>Reports one problem.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="kind">The kind of problem.</param>
    /// <param name="problem">A sentence that says what is wrong and what to do.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public ModelFormatException(string path, ModelFormatErrorKind kind, string problem, Exception? innerException = null)
        : this(path, kind, [problem], innerException)
    {
    }

    /// <summary>Reports several problems at once.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="kind">The kind of the first problem.</param>
    /// <param name="problems">At least one sentence.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public ModelFormatException(string path, ModelFormatErrorKind kind, IReadOnlyList<string> problems, Exception? innerException = null)
        : base(Describe(path, problems), innerException)
    {
        Path = path;
        Kind = kind;
        Problems = problems;
    }

    /// <summary>The file or folder that cannot be used; null when the message alone names it.</summary>
    public string? Path { get; }

    /// <summary>The kind of problem; with several problems, that of the first.</summary>
    public ModelFormatErrorKind Kind { get; }

    /// <summary>Every problem that was found, one sentence each.</summary>
    public IReadOnlyList<string> Problems { get; }

    private static string Describe(string path, IReadOnlyList<string> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        if (problems.Count == 1)
        {
            return $"'{path}': {problems[0]}";
        }

        return $"'{path}' has {problems.Count} problems:{Environment.NewLine}- {string.Join($"{Environment.NewLine}- ", problems)}";
    }
}
