using System.Collections.Immutable;

namespace LtxEngine.Checkpoints.Folder;

/// <summary>An image classifier that a host may run over results.</summary>
/// <param name="File">Full path of the classifier's file.</param>
/// <param name="Labels">The labels that count as unsafe.</param>
/// <param name="Threshold">The score from which a label counts, 0 … 1.</param>
internal sealed record ImageSafetyClassifier(string File, ImmutableArray<string> Labels, double Threshold);
