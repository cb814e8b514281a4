namespace LtxEngine.Graphs.Building;

/// <summary>An open part of the name path of a graph; disposing it closes that part.</summary>
internal readonly struct GraphScope : IDisposable
{
    private readonly OnnxGraphBuilder _builder;

    internal GraphScope(OnnxGraphBuilder builder) => _builder = builder;

    /// <inheritdoc/>
    public void Dispose() => _builder.CloseScope();
}
