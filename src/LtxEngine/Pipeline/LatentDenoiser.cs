using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Noise;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Networks.Transformer;
using LtxEngine.Pipeline.Resume;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>Turns noise into the latents of video and audio together.</summary>
/// <param name="transformers">The network, with the LoRAs of the stage.</param>
internal sealed class LatentDenoiser(TransformerPool transformers)
{
    /// <summary>Runs one denoise loop.</summary>
    /// <param name="stage">Shapes, noise levels, sampler, guidance.</param>
    /// <param name="prompts">The encoded prompts.</param>
    /// <param name="images">Conditioning items, applied in order.</param>
    /// <param name="initial">Latents to refine; null to start from noise alone.</param>
    /// <param name="noise">The request's noise; drawn for video, then for audio, as the original does.</param>
    /// <param name="resume">The step to go on from; null begins. The noise was drawn before it then, and is not drawn again.</param>
    /// <param name="clock">Is told after every block.</param>
    /// <param name="observer">Is shown the start and every step; null for nobody.</param>
    /// <param name="cancellationToken">Stops within one device operation.</param>
    /// <returns>The finished latents.</returns>
    public ClipLatents Denoise(
        DenoiseStage stage,
        EncodedPrompts prompts,
        IReadOnlyList<IConditioningItem> images,
        ClipLatents? initial,
        INoiseSource noise,
        SavedStage? resume,
        RequestClock clock,
        IStageObserver? observer,
        CancellationToken cancellationToken)
    {
        using NetworkUse<FusedTransformer> use = transformers.Use(LoraSet.Create(stage.Loras, stage.LoraMode, stage.LoraRounding), cancellationToken);
        AudioVideoTransformer transformer = use.Network.Transformer;
        AudioVideoState state = CreateState(stage, images, initial, resume is null ? noise : null);
        observer?.OnStart(state, stage.Sigmas);
        int layers = transformer.Structure.Layers;
        using TransformerDenoiser denoiser = new(transformer, state, prompts, stage, cancellationToken)
        {
            BlockCompleted = ReportBlocks(stage, layers, clock),
            PassCompleted = evaluated => clock.CountForwardPass(evaluated, layers),
        };
        if (denoiser.Cache is { } cache)
        {
            cache.Load(resume?.Cache ?? []);
            observer?.OnCache(cache);
        }

        DenoiseLoop loop = new(denoiser, stage.Guider, stage.Sampler);
        loop.Run(state, [.. stage.Sigmas], new DenoiseLoopOptions { Observer = observer, Resume = resume?.Loop }, cancellationToken);
        return ClipLatents.From(state, stage.VideoShape, stage.AudioShape);
    }

    private static AudioVideoState CreateState(DenoiseStage stage, IReadOnlyList<IConditioningItem> images, ClipLatents? initial, INoiseSource? noise)
    {
        LatentState video = InitialStates.CreateVideo(stage.VideoShape, stage.Fps, images, initial is null ? [] : initial.Video.Data);
        AddNoise(video, noise, stage.NoiseScale);
        if (stage.AudioShape is not { } shape)
        {
            return new AudioVideoState(video, audio: null);
        }

        LatentState audio = InitialStates.CreateAudio(shape, stage.AudioTiming, initial?.Audio is { } sound ? sound.Data : []);
        AddNoise(audio, noise, stage.NoiseScale);
        return new AudioVideoState(video, audio);
    }

    private static void AddNoise(LatentState state, INoiseSource? source, double scale)
    {
        if (source is null)
        {
            return;
        }

        float[] noise = new float[state.Latent.Length];
        source.Fill(noise.AsSpan());
        InitialStates.AddNoise(state, noise, scale);
    }

    private static Action<DenoiserRequest, int> ReportBlocks(DenoiseStage stage, int layers, RequestClock clock) => (request, block) =>
        clock.Report(new GenerationProgress
        {
            Stage = stage.Name,
            Step = request.StepIndex,
            Steps = stage.Steps,
            Block = block,
            Blocks = layers,
            Pass = request.PassIndex,
            Passes = stage.Guider.MaximumPasses,
            Sigma = request.Sigma,
        });
}
