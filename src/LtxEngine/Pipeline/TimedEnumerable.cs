using System.Collections;
using System.Diagnostics;

namespace LtxEngine.Pipeline;

/// <summary>Measures how long the items take to be made, apart from what is done with them.</summary>
/// <param name="source">The items.</param>
internal sealed class TimedEnumerable<T>(IEnumerable<T> source) : IEnumerable<T>
{
    /// <summary>Time spent in making items until now.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        using IEnumerator<T> items = source.GetEnumerator();
        while (true)
        {
            long start = Stopwatch.GetTimestamp();
            bool more = items.MoveNext();
            Elapsed += Stopwatch.GetElapsedTime(start);
            if (!more)
            {
                yield break;
            }

            yield return items.Current;
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
