namespace LtxEngine.Networks.Weights;

/// <summary>The weights of equal blocks, one at a time: all resident, or streamed.</summary>
/// <typeparam name="T">The weights of one block.</typeparam>
internal interface IBlockWeights<out T> : IDisposable
    where T : class, IDisposable
{
    /// <summary>The number of blocks.</summary>
    int Count { get; }

    /// <summary>The weights of a block; to be given back before the next one is asked for.</summary>
    /// <param name="block">Block index.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    T Acquire(int block, CancellationToken cancellationToken);

    /// <summary>Gives a block's weights back.</summary>
    /// <param name="block">Block index.</param>
    /// <param name="next">The block that will be asked for next.</param>
    void Release(int block, int next);
}
