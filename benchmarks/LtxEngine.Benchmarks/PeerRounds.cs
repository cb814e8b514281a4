using System.Globalization;

namespace LtxEngine.Benchmarks;

/// <summary>
/// Several ways to do the same work, run in turn: what disturbs one round disturbs all of them. Seconds are processor time of this process, so
/// that time which other processes take does not count.
/// </summary>
/// <param name="rounds">Rounds that are counted, after one that is not.</param>
internal sealed class PeerRounds(int rounds) : IDisposable
{
    private readonly Stack<IDisposable> _owned = [];
    private readonly List<(string Name, Action Run)> _ways = [];
    private readonly List<List<double>> _seconds = [];

    /// <summary>Names in the order in which they were added.</summary>
    public IReadOnlyList<string> Names => [.. _ways.Select(way => way.Name)];

    /// <summary>Disposes something after the last round.</summary>
    public T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    /// <summary>Adds a way.</summary>
    public void Add(string name, Action run)
    {
        _ways.Add((name, run));
        _seconds.Add([]);
    }

    /// <summary>Runs all rounds.</summary>
    public void Measure()
    {
        _ways.ForEach(way => way.Run());
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < _ways.Count; i++)
            {
                _seconds[i].Add(Statistics.ProcessorSeconds(_ways[i].Run));
            }
        }
    }

    /// <summary>Median of a way's processor seconds.</summary>
    public double Seconds(int way) => Statistics.Median(_seconds[way]);

    /// <summary>How many times as fast a way is as another one: the median of the rounds' ratios.</summary>
    public double Ratio(int way, int peer) => Statistics.Median(_seconds[peer].Zip(_seconds[way], (p, w) => p / w));

    /// <summary>Writes a line in the invariant culture.</summary>
    public static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? owned))
        {
            owned.Dispose();
        }
    }
}
