using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace LtxEngine.Benchmarks;

/// <summary>Work per second: GFLOP/s, GB/s where memory is what counts, megapixels/s of networks.</summary>
internal sealed class RateColumn : IColumn
{
    public string Id => nameof(RateColumn);

    public string ColumnName => "Rate";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => false;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "Work per second, from the median";

    /// <summary>Units of work per second, or NaN when the benchmark gave no result.</summary>
    public static double Of(Summary summary, BenchmarkCase benchmarkCase, out IWork? work)
    {
        work = benchmarkCase.Parameters.Items.Select(parameter => parameter.Value).OfType<IWork>().FirstOrDefault();
        double? nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Median;
        return work is null || nanoseconds is null ? double.NaN : work.Amount * work.Factor * 1e9 / nanoseconds.Value;
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        double rate = Of(summary, benchmarkCase, out IWork? work);
        return double.IsNaN(rate) ? "-" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{rate:G4} {work!.Unit}");
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;
}
