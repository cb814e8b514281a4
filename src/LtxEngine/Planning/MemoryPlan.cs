using System.Globalization;
using System.Text;
using LtxEngine.Kernels;

namespace LtxEngine.Planning;

/// <summary>What a request needs, stage by stage, with the residency of weights that was picked for it.</summary>
internal sealed record MemoryPlan
{
    /// <summary>
    /// The program itself: .NET, ONNX Runtime, ffmpeg's pipes. <c>ltx generate</c> on the demo model, whose networks have a few megabytes,
    /// peaks a little below it.
    /// </summary>
    public const long ProgramBytes = 320L << 20;

    /// <summary>The bytes that there are.</summary>
    public required long Budget { get; init; }

    /// <summary>Where the budget comes from, for people.</summary>
    public required string BudgetOrigin { get; init; }

    /// <summary>What was picked; never <see cref="WeightResidencyMode.Auto"/>.</summary>
    public required WeightResidencyMode Residency { get; init; }

    /// <summary>The stages in the order in which they run.</summary>
    public required IReadOnlyList<StageMemory> Stages { get; init; }

    /// <summary>The stage that needs most.</summary>
    public StageMemory Largest => Stages.MaxBy(stage => stage.Total)!;

    /// <summary>The most bytes in use at once.</summary>
    public long PeakBytes => checked(ProgramBytes + Largest.Total);

    /// <summary>Whether the request fits.</summary>
    public bool Fits => PeakBytes <= Budget;

    /// <summary>Refuses a request that does not fit.</summary>
    /// <exception cref="OutOfDeviceMemoryException">It does not; the message shows the sum and what makes it smaller.</exception>
    public void ThrowIfTooLarge()
    {
        if (!Fits)
        {
            throw new OutOfDeviceMemoryException(Explain(), PeakBytes);
        }
    }

    /// <summary>The sum of every stage and the budget, one line each.</summary>
    public string Explain()
    {
        StageMemory largest = Largest;
        StringBuilder text = new();
        text.AppendLine(Invariant($"The request needs {Gibibytes(PeakBytes)} of memory, {(Fits ? "of" : "but there are")} {Gibibytes(Budget)} ({BudgetOrigin})."));
        text.AppendLine(Invariant($"  program                {Gibibytes(ProgramBytes)}"));
        foreach (StageMemory stage in Stages)
        {
            string kept = stage.Kept > 0 ? Invariant($" + other networks {Gibibytes(stage.Kept)}") : string.Empty;
            text.AppendLine(Invariant(
                $"  {stage.Stage,-22} {Gibibytes(stage.Total)} = weights {Gibibytes(stage.Weights)} + working memory {Gibibytes(stage.Working)}{kept}{(ReferenceEquals(stage, largest) ? "  (most)" : string.Empty)}"));
        }

        text.Append(Invariant($"  weights: {Residency switch
        {
            WeightResidencyMode.KeepLoaded => "all networks stay loaded",
            WeightResidencyMode.FreeAfterUse => "each network is freed after its stage",
            _ => "the transformer's blocks are streamed, other networks freed after their stage",
        }}"));
        if (!Fits)
        {
            text.AppendLine().Append("Take fewer frames, a smaller size or a larger memory budget");
            text.Append(Residency == WeightResidencyMode.StreamBlocks ? "." : ", or the residency stream-blocks or auto.");
        }

        return text.ToString();
    }

    private static string Gibibytes(long bytes) => Invariant($"{bytes / (double)(1L << 30):F2} GiB");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
