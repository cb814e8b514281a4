namespace LtxEngine;

/// <summary>What the denoising of a clip took, all stages together.</summary>
/// <param name="ForwardPasses">Evaluations of the transformer: steps times passes of guidance.</param>
/// <param name="BlockEvaluations">Evaluations of transformer blocks in them, which take nearly all the time.</param>
/// <param name="SkippedBlockEvaluations">Evaluations that acceleration saved; 0 without it.</param>
public sealed record DenoisingWork(int ForwardPasses, long BlockEvaluations, long SkippedBlockEvaluations);
