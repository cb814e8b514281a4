namespace LtxEngine;

/// <summary>
/// A file of a model is damaged, incomplete, of another kind, or asks for something the engine does not support.
/// The message names the file, the offending entry, its value, what is allowed and what to do.
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
        : base(message)
    {
    }

    /// <summary>Creates the error with its message and what caused it.</summary>
    /// <param name="message">File, entry, value, what is allowed.</param>
    /// <param name="innerException">The cause.</param>
    public ModelFormatException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
