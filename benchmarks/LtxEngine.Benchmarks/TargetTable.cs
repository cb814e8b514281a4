using System.Globalization;

namespace LtxEngine.Benchmarks;

/// <summary>Collects what was measured beside what it should be, and prints both.</summary>
internal sealed class TargetTable
{
    /// <summary>Begins every row, so that a parent process can find the rows in the output of its child.</summary>
    private const string RowMark = "| target: ";

    private readonly List<string> _rows = [];

    /// <summary>Adds a row.</summary>
    /// <param name="measure">What was measured.</param>
    /// <param name="value">The result.</param>
    /// <param name="target">What it should at least be.</param>
    /// <param name="isShare">Whether both are shares, written in percent, or ratios.</param>
    public void Add(string measure, double value, double target, bool isShare)
    {
        string Text(double number) => isShare ? $"{100 * number:F1} %" : number.ToString("F2", CultureInfo.InvariantCulture) + " ×";
        _rows.Add($"{RowMark}{measure} | {Text(value)} | ≥ {Text(target)} | {(value >= target ? "met" : "MISSED")} |");
    }

    /// <summary>Adds the rows of another process.</summary>
    /// <param name="output">What it wrote.</param>
    public void AddRowsOf(string output) =>
        _rows.AddRange(output.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith(RowMark, StringComparison.Ordinal)));

    /// <summary>Prints the table.</summary>
    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine("### Targets");
        Console.WriteLine();
        Console.WriteLine("| measure | reached | target | |");
        Console.WriteLine("| --- | --- | --- | --- |");
        _rows.ForEach(Console.WriteLine);
    }
}
