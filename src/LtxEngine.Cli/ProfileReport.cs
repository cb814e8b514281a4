using System.Globalization;

namespace LtxEngine.Cli;

/// <summary>A profile as a table for people.</summary>
internal static class ProfileReport
{
    /// <summary>Prints time, calls, bytes, GFLOP/s and share of the peak by stage and operation.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="profile">The profile.</param>
    public static void Write(TextWriter writer, TimingProfile profile)
    {
        IReadOnlyList<OperationTiming> rows = profile.Operations;
        double peak = profile.PeakGigaflops;
        double all = rows.Sum(row => row.Elapsed.TotalSeconds);
        writer.WriteLine();
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"profile",-36} {"calls",7} {"seconds",9} {"share",7} {"GB moved",9} {"GFLOP/s",9} {"of peak",8}"));
        foreach (IGrouping<GenerationStage, OperationTiming> stage in rows.GroupBy(row => row.Stage))
        {
            double seconds = stage.Sum(row => row.Elapsed.TotalSeconds);
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Readable.Stage(stage.Key),-36} {string.Empty,7} {seconds,9:0.000} {Share(seconds, all),7}"));
            foreach (OperationTiming row in stage)
            {
                writer.WriteLine(Line(row, all, peak));
            }
        }

        double outside = rows.Where(row => string.Equals(row.Operation, OperationTiming.Outside, StringComparison.Ordinal)).Sum(row => row.Elapsed.TotalSeconds);
        string measured = double.IsNaN(peak) ? "not known for this device" : string.Create(CultureInfo.InvariantCulture, $"{peak:0} GFLOP/s in fp32");
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{OperationTiming.Outside}: {outside:0.000} s ({Share(outside, all).Trim()}); peak of the processor: {measured}"));
    }

    private static string Line(OperationTiming row, double all, double peak)
    {
        double seconds = row.Elapsed.TotalSeconds;
        double rate = seconds > 0 ? row.Flops / seconds / 1e9 : 0;
        string bytes = row.Bytes > 0 ? (row.Bytes / 1e9).ToString("0.000", CultureInfo.InvariantCulture) : "-";
        string speed = row.Flops > 0 ? rate.ToString("0.0", CultureInfo.InvariantCulture) : "-";
        string share = row.Flops > 0 && !double.IsNaN(peak) ? (100 * rate / peak).ToString("0", CultureInfo.InvariantCulture) + " %" : "-";
        return string.Create(CultureInfo.InvariantCulture, $"  {row.Operation,-34} {row.Calls,7} {seconds,9:0.000} {Share(seconds, all),7} {bytes,9} {speed,9} {share,8}");
    }

    private static string Share(double part, double all) => all > 0 ? (100 * part / all).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "-";
}
