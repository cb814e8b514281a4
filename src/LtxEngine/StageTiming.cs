namespace LtxEngine;

/// <summary>How long one stage took.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Elapsed">Its duration; loading of the networks that it needed included.</param>
public sealed record StageTiming(GenerationStage Stage, TimeSpan Elapsed);
