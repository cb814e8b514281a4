namespace LtxEngine.Graphs.Execution;

/// <summary>A graph could not be loaded or run. The message says what was tried and what to change.</summary>
public class GraphException : Exception
{
    /// <summary>Creates the exception.</summary>
    public GraphException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was tried, what happened, what to change.</param>
    public GraphException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was tried, what happened, what to change.</param>
    /// <param name="innerException">The cause.</param>
    public GraphException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
