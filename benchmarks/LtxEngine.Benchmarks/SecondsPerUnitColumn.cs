using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace LtxEngine.Benchmarks;

/// <summary>Seconds per megapixel, second of sound, token: the reciprocal of the rate, where people ask for it.</summary>
internal sealed class SecondsPerUnitColumn : IColumn
{
    public string Id => nameof(SecondsPerUnitColumn);

    public string ColumnName => "Seconds per unit";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 2;

    public bool IsNumeric => false;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "Seconds per megapixel of the clip (MP), second of sound, token or load";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        double rate = RateColumn.Of(summary, benchmarkCase, out IWork? work);
        return double.IsNaN(rate) || work!.IsArithmetic || work.Unit.StartsWith("GB", StringComparison.Ordinal)
            ? "-"
            : string.Create(CultureInfo.InvariantCulture, $"{1 / rate:F3} s/{work.Unit.Replace("/s", string.Empty, StringComparison.Ordinal)}");
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;
}
