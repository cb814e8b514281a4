using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using LtxEngine.Kernels.Cpu;

namespace LtxEngine.Benchmarks;

/// <summary>GFLOP/s as a share of what <see cref="PeakProbe"/> measured right before and after, on as many threads.</summary>
internal sealed class ShareOfPeakColumn : IColumn
{
    public string Id => nameof(ShareOfPeakColumn);

    public string ColumnName => "Of peak";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 1;

    public bool IsNumeric => false;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "Share of the peak of the same kind of instruction, measured right before and after";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        double rate = RateColumn.Of(summary, benchmarkCase, out IWork? work);
        if (double.IsNaN(rate) || work is not { IsArithmetic: true })
        {
            return "-";
        }

        int threads = (int)benchmarkCase.Parameters[nameof(DeviceBenchmark.Threads)];
        double peak = DeviceBenchmark.PeakOf(benchmarkCase.Descriptor.Type, threads, work.ToString()!);
        return double.IsNaN(peak) ? "-" : $"{100 * rate / peak:F0} %";
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;
}
