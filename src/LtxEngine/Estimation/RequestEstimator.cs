using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Pipeline;
using LtxEngine.Planning;

namespace LtxEngine.Estimation;

/// <summary>Tells what a planned request takes; only headers of files are read.</summary>
/// <param name="model">The model.</param>
internal sealed class RequestEstimator(LoadedModel model)
{
    /// <summary>Rows of text contexts: connectors fill the tokens of a prompt up with registers, and the transformer attends to all rows, whatever the prompt is.</summary>
    private const int ContextRows = GemmaTokenizer.DefaultMaximumLength;

    private const double Tera = 1e12;

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
        StageEstimate estimate = new() { Stage = memory.Stage, WeightBytes = memory.Weights, WorkingParts = memory.Parts, KeptBytes = memory.Kept };
        DenoiseStage last = plan.SecondStage ?? plan.Stage;
        return memory.Stage switch
        {
            GenerationStage.Denoising => Denoising(estimate, plan, plan.Stage, cancellationToken),
            GenerationStage.Refining => Denoising(estimate, plan, last, cancellationToken),
            GenerationStage.TextEncoding => estimate with { TeraFlops = NetworkWork.OfText(model.Checkpoint, GemmaConfiguration.Load(Path.Combine(model.Files.TextEncoder, "config.json")), Tokens(plan), ContextRows) / Tera },
            GenerationStage.ImageConditioning => WithSize(estimate, last) with { Frames = 1, TeraFlops = Images(plan) / Tera },
            GenerationStage.Upscaling => WithSize(estimate, last) with { TeraFlops = Upscaling(plan.Stage.VideoShape) / Tera },
            GenerationStage.VideoDecoding => WithSize(estimate, last) with { TeraFlops = Decoding(last.VideoShape) / Tera },
            GenerationStage.AudioDecoding when plan.Stage.AudioShape is { } sound => estimate with { AudioTokens = sound.Frames, TeraFlops = NetworkWork.OfSound(model.Checkpoint, sound.Frames) / Tera },
            _ => estimate,
        };
    }

    /// <summary>Tokens of each prompt that is encoded. One that is to be expanded may become as long as the model reads.</summary>
    private int[] Tokens(GenerationPlan plan)
    {
        string[] prompts = plan.NegativePrompt is null ? [plan.Prompt] : [plan.Prompt, plan.NegativePrompt];
        return plan.ExpandsPrompt
            ? [ContextRows, .. prompts.Skip(1).Select(Count)]
            : [.. prompts.Distinct(StringComparer.Ordinal).Select(Count)];

        int Count(string prompt) => model.CountTokens(prompt) ?? ContextRows;
    }

    /// <summary>Every picture is encoded once at the size of each stage.</summary>
    private double Images(GenerationPlan plan) => plan.Stages.Sum(stage =>
        NetworkWork.OfVideoEncoder(model.Checkpoint, VideoVaeConfiguration.Read(model.Checkpoint), stage.VideoShape.TokensPerFrame, plan.Images.Count));

    private double Upscaling(VideoLatentShape shape)
    {
        using SafetensorsFile upscaler = SafetensorsFile.Open(model.Files.SpatialUpscaler!);
        return NetworkWork.OfUpscaler(upscaler, shape.TokenCount);
    }

    private double Decoding(VideoLatentShape shape)
    {
        VideoVaeConfiguration vae = VideoVaeConfiguration.Read(model.Checkpoint);
        VideoTiling tiling = VideoTiling.Plan(VideoTilingOptions.Default, shape.Frames, shape.Height, shape.Width, vae.TimeScale, vae.SpaceScale);
        return NetworkWork.OfVideoDecoder(model.Checkpoint, vae, tiling);
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
            TeraFlops = operations / Tera,
        };
    }
}
