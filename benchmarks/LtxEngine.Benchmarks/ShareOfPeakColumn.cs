using System.Collections.Concurrent;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace LtxEngine.Benchmarks;

/// <summary>GFLOP/s as a share of what <see cref="PeakProbe"/> measures in the same run on the same number of threads.</summary>
internal sealed class ShareOfPeakColumn : IColumn
{
    private readonly ConcurrentDictionary<int, double> _peaks = [];

    public string Id => nameof(ShareOfPeakColumn);

    public string ColumnName => "Of peak";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 1;

    public bool IsNumeric => false;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "Share of the fused multiply-add peak measured in the same run";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        double rate = RateColumn.Of(summary, benchmarkCase, out IWork? work);
        if (double.IsNaN(rate) || work is not { IsArithmetic: true })
        {
            return "-";
        }

        int threads = benchmarkCase.Parameters[nameof(DeviceBenchmark.Threads)] is int given ? given : 1;
        return $"{100 * rate / _peaks.GetOrAdd(threads, PeakProbe.GigaflopsPerSecond):F0} %";
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;
}
