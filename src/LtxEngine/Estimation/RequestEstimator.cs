using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Pipeline;
using LtxEngine.Planning;

namespace LtxEngine.Estimation;

/// <summary>Tells what a planned request takes; only headers of files are read.</summary>
/// <param name="model">The model.</param>
internal sealed class RequestEstimator(LoadedModel model)
{
    /// <summary>Rows of text contexts that the transformer attends to: prompts are filled up to this length.</summary>
    private const int ContextRows = GemmaTokenizer.DefaultMaximumLength;

    /// <summary>Estimates a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Stops counting.</param>
    public GenerationEstimate Estimate(GenerationPlan plan, CancellationToken cancellationToken)
    {
        MemoryPlan memory = model.EstimateMemory(plan);
        return new GenerationEstimate
        {
            Width = plan.Width,
            Height = plan.Height,
            NumFrames = plan.NumFrames,
            FrameRate = plan.FrameRate,
            HasAudio = plan.Stage.AudioShape is not null,
            Stages = [.. memory.Stages.Select(stage => Describe(stage, plan, cancellationToken))],
            PeakMemoryBytes = memory.PeakBytes,
            MemoryBudgetBytes = memory.Budget,
            Residency = memory.Residency,
            PriceUnits = ClipPrice.Units(plan.Width, plan.Height, plan.NumFrames),
            Warnings = plan.Warnings,
        };
    }

    private StageEstimate Describe(StageMemory memory, GenerationPlan plan, CancellationToken cancellationToken)
    {
        StageEstimate estimate = new() { Stage = memory.Stage, WeightBytes = memory.Weights, WorkingBytes = memory.Working, KeptBytes = memory.Kept };
        DenoiseStage last = plan.SecondStage ?? plan.Stage;
        return memory.Stage switch
        {
            GenerationStage.Denoising => Denoising(estimate, plan, plan.Stage, cancellationToken),
            GenerationStage.Refining => Denoising(estimate, plan, last, cancellationToken),
            GenerationStage.ImageConditioning => WithSize(estimate, last) with { Frames = 1 },
            GenerationStage.Upscaling or GenerationStage.VideoDecoding => WithSize(estimate, last),
            GenerationStage.AudioDecoding => estimate with { AudioTokens = plan.Stage.AudioShape?.Frames ?? 0 },
            _ => estimate,
        };
    }

    private static StageEstimate WithSize(StageEstimate estimate, DenoiseStage stage) => estimate with
    {
        Width = stage.VideoShape.Width * stage.VideoShape.Scale.Pixels,
        Height = stage.VideoShape.Height * stage.VideoShape.Scale.Pixels,
        Frames = (int)stage.VideoShape.PixelFrames,
    };

    private StageEstimate Denoising(StageEstimate estimate, GenerationPlan plan, DenoiseStage stage, CancellationToken cancellationToken)
    {
        int guides = plan.Images.Count(image => image.Frame != 0);
        int video = checked(stage.VideoShape.TokenCount + (guides * stage.VideoShape.TokensPerFrame));
        int audio = stage.AudioShape?.Frames ?? 0;
        IReadOnlyDictionary<CountedPass, int> passes = PassCounter.Count(stage, cancellationToken);
        int prompts = passes.Keys.Any(pass => pass.Pass.Context == PromptContext.Negative) ? 2 : 1;
        TransformerWork work = new(TransformerConfiguration.Read(model.Checkpoint));
        double operations = (prompts * work.OfPrompt(ContextRows, audio > 0)) + passes.Sum(pass => pass.Value * work.OfPass(pass.Key, video, audio, ContextRows));
        return WithSize(estimate, stage) with
        {
            VideoTokens = video,
            AudioTokens = audio,
            Sigmas = stage.Sampler.PrepareSigmas([.. stage.Sigmas]),
            ForwardPasses = passes.Values.Sum(),
            TeraFlops = operations / 1e12,
        };
    }
}
