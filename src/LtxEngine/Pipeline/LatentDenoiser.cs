using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Noise;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Networks;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>Turns noise into the latents of video and audio together.</summary>
/// <param name="transformer">The network.</param>
internal sealed class LatentDenoiser(NetworkSlot<AudioVideoTransformer> transformer)
{
    /// <summary>Runs the denoise loop of a clip.</summary>
    /// <param name="plan">Shapes, noise levels, sampler, guidance, seed.</param>
    /// <param name="prompts">The encoded prompts.</param>
    /// <param name="images">Conditioning items, applied in order.</param>
    /// <param name="clock">Is told after every step and every block.</param>
    /// <param name="observer">Is shown the start and every step; null for nobody.</param>
    /// <param name="cancellationToken">Stops within one device operation.</param>
    /// <returns>The finished latents.</returns>
    public ClipLatents Denoise(
        GenerationPlan plan,
        EncodedPrompts prompts,
        IReadOnlyList<IConditioningItem> images,
        RequestClock clock,
        IStageObserver? observer,
        CancellationToken cancellationToken)
    {
        using NetworkUse<AudioVideoTransformer> use = transformer.Use(cancellationToken);
        AudioVideoState state = CreateState(plan, images);
        observer?.OnStart(state, plan.Sigmas);
        using TransformerDenoiser denoiser = new(use.Network, state, prompts, ReportBlocks(plan, use.Network.Structure.Layers, clock), cancellationToken);
        DenoiseLoop loop = new(denoiser, plan.Guider, plan.Sampler);
        loop.Run(state, [.. plan.Sigmas], new DenoiseLoopOptions { Observer = observer }, cancellationToken);
        return ClipLatents.From(state, plan.VideoShape, plan.AudioShape);
    }

    private static AudioVideoState CreateState(GenerationPlan plan, IReadOnlyList<IConditioningItem> images)
    {
        LatentState video = InitialStates.CreateVideo(plan.VideoShape, plan.Fps, images);
        LatentState? audio = plan.AudioShape is { } shape ? InitialStates.CreateAudio(shape, plan.AudioTiming) : null;
        NoiseGenerator noise = new(plan.Seed);

        // One generator, video before audio: the order in which the original draws.
        AddNoise(video, noise);
        if (audio is not null)
        {
            AddNoise(audio, noise);
        }

        return new AudioVideoState(video, audio);
    }

    private static void AddNoise(LatentState state, NoiseGenerator generator)
    {
        float[] noise = new float[state.Latent.Length];
        generator.Fill(noise.AsSpan());
        InitialStates.AddNoise(state, noise, noiseScale: 1);
    }

    private static Action<DenoiserRequest, int> ReportBlocks(GenerationPlan plan, int layers, RequestClock clock) => (request, block) =>
        clock.Report(new GenerationProgress
        {
            Stage = GenerationStage.Denoising,
            Step = request.StepIndex,
            Steps = plan.Steps,
            Block = block,
            Blocks = layers,
            Pass = request.PassIndex,
            Passes = plan.Guider.MaximumPasses,
            Sigma = request.Sigma,
        });
}
