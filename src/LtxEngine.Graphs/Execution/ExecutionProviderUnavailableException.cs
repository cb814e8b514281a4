namespace LtxEngine.Graphs.Execution;

/// <summary>The chosen execution provider of ONNX Runtime is not there. It is never replaced silently by another one.</summary>
public sealed class ExecutionProviderUnavailableException : GraphException
{
    /// <summary>Creates the exception.</summary>
    public ExecutionProviderUnavailableException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was asked for, what was tried, what is there.</param>
    public ExecutionProviderUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was asked for, what was tried, what is there.</param>
    /// <param name="innerException">The cause.</param>
    public ExecutionProviderUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
