namespace LtxEngine.Networks.Transformer;

/// <summary>The saved memory of one kind of pass of a <see cref="ResidualCache"/>.</summary>
/// <param name="Pass">The kind's name.</param>
/// <param name="VideoEnabled">Whether the video stream was updated.</param>
/// <param name="AudioEnabled">Whether the audio stream was updated.</param>
/// <param name="SkippedInARow">Passes skipped since the last evaluated one.</param>
/// <param name="Values">What the first block added to the compared video tokens, what the other blocks added to all; then the same of the sound.</param>
internal sealed record ResidualCacheState(string Pass, bool VideoEnabled, bool AudioEnabled, int SkippedInARow, IReadOnlyList<float[]> Values);
