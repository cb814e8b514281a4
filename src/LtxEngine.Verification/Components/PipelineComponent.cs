using System.Text.Json;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Diffusion.Noise;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;
using LtxEngine.Graphs.Audio;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Networks.Upsampling;
using LtxEngine.Pipeline;
using LtxEngine.Planning;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Whole pipelines from encoded prompts to frames and sound, through the stages that serve requests.</summary>
internal sealed class PipelineComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "pipeline";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        string? kind = parameters.OptionalString("pipeline");
        bool twoStages = kind switch
        {
            "one_stage" => false,
            "two_stages" or "distilled" or "keyframe_interpolation" => true,
            _ => throw new UnknownOperationException(Component, kind),
        };
        Require(parameters.OptionalString("state_dtype") ?? "float32", "float32");
        Require(parameters.OptionalString("noise_generator") ?? "torch_cpu_mt19937", "torch_cpu_mt19937");
        using SafetensorsFile checkpoint = SafetensorsFile.Open(ModelPath(referenceCase));
        NoiseGenerator noise = new(parameters.OptionalSeed("seed", 0));
        using TransformerPool transformers = new(checkpoint, context.Device, new ResidencySetting(WeightResidencyMode.KeepLoaded));
        LatentDenoiser denoiser = new(transformers);
        RequestClock clock = new(progress: null);
        DenoiseStage first = ReadStage(parameters, checkpoint, twoStages ? 2 : 1) with
        {
            Sigmas = FirstSigmas(parameters),
            Guider = new MultiModalGuider(ReadGuidance(parameters)),
            Loras = ReadLoras(referenceCase),
        };
        ClipLatents latents = denoiser.Denoise(
            first,
            ReadPrompts(referenceCase, first),
            EncodeImages(referenceCase, checkpoint, context, stageNumber: 1),
            initial: null,
            noise,
            resume: null,
            clock,
            new StageRecorder(outputs, "stage_1_"),
            CancellationToken.None);
        AddLatents(outputs, latents, "stage_1_");
        if (twoStages)
        {
            latents = Upscale(referenceCase, checkpoint, context, latents, clock);
            outputs.Add("upscaled_video_latent", latents.Video);
            DenoiseStage second = ReadStage(parameters, checkpoint, divisor: 1) with
            {
                Name = GenerationStage.Refining,
                Sigmas = [.. FixedSigmaSchedule.DistilledStage2.Sigmas],
                NoiseScale = parameters.OptionalDouble("stage_2_noise_scale", FixedSigmaSchedule.DistilledStage2.Sigmas[0]),
                Loras = [.. first.Loras, .. ReadDistilledLora(referenceCase)],
            };
            latents = denoiser.Denoise(
                second,
                ReadPrompts(referenceCase, second),
                EncodeImages(referenceCase, checkpoint, context, stageNumber: 2),
                latents,
                noise,
                resume: null,
                clock,
                new StageRecorder(outputs, "stage_2_"),
                CancellationToken.None);
            AddLatents(outputs, latents, "stage_2_");
        }

        DecodeFrames(parameters, latents, checkpoint, context, outputs);
        if (latents.Audio is not null)
        {
            DecodeSound(latents.Audio, checkpoint, context, outputs);
        }
    }

    private static string ModelPath(ReferenceCase referenceCase) =>
        referenceCase.Checkpoints.TryGetValue("model", out string? path) ? path : referenceCase.Checkpoint;

    private static double[] FirstSigmas(JsonElement parameters) => string.Equals(parameters.OptionalString("pipeline"), "distilled", StringComparison.Ordinal)
        ? [.. FixedSigmaSchedule.DistilledStage1.Sigmas]
        : new LtxSigmaSchedule().GetSigmas(parameters.GetProperty("steps").GetInt32(), tokenCount: 0);

    private static List<LoraUse> ReadLoras(ReferenceCase referenceCase) =>
        referenceCase.Parameters.TryGetProperty("loras", out JsonElement loras) && loras.ValueKind == JsonValueKind.Array
            ? [.. loras.EnumerateArray().Select(lora => ReadLora(referenceCase, lora))]
            : [];

    private static List<LoraUse> ReadDistilledLora(ReferenceCase referenceCase) =>
        referenceCase.Parameters.TryGetProperty("distilled_lora", out JsonElement lora) && lora.ValueKind == JsonValueKind.Object
            ? [ReadLora(referenceCase, lora)]
            : [];

    private static LoraUse ReadLora(ReferenceCase referenceCase, JsonElement lora) =>
        new(Path.Combine(referenceCase.Root, lora.GetProperty("file").GetString()!), lora.OptionalDouble("strength", 1));

    private static ClipLatents Upscale(ReferenceCase referenceCase, SafetensorsFile checkpoint, VerificationContext context, ClipLatents latents, RequestClock clock)
    {
        string file = Path.Combine(referenceCase.Root, referenceCase.Parameters.GetProperty("spatial_upscaler").GetString()!);
        using SafetensorsFile upscaler = SafetensorsFile.Open(file);
        using NetworkSlot<LatentUpsampler> slot = new(token => LatentUpsampler.Load(upscaler, context.Device, token), new ResidencySetting(WeightResidencyMode.KeepLoaded));
        return new LatentUpscaler(slot, LatentStatistics.Read(checkpoint)).Upscale(latents, clock, CancellationToken.None);
    }

    /// <summary>The shapes of a stage; noise levels and guidance are those of a plain stage.</summary>
    private static DenoiseStage ReadStage(JsonElement parameters, SafetensorsFile checkpoint, int divisor)
    {
        VideoVaeConfiguration video = VideoVaeConfiguration.Read(checkpoint);
        double fps = parameters.GetProperty("fps").GetDouble();
        int frames = parameters.GetProperty("frames").GetInt32();
        AudioLatentShape? audioShape = null;
        AudioTiming timing = AudioTiming.Default;
        if (parameters.OptionalBoolean("audio", true))
        {
            AudioVaeConfiguration audio = AudioVaeConfiguration.Read(checkpoint);
            timing = new AudioTiming { SampleRate = audio.SampleRate, HopLength = audio.HopLength, MelFramesPerLatent = audio.Scale };
            audioShape = new AudioLatentShape(audio.LatentChannels, timing.LatentFrames(frames, fps), audio.LatentMelBins);
        }

        return new DenoiseStage
        {
            VideoShape = VideoLatentShape.FromClip(
                video.LatentChannels,
                frames,
                parameters.GetProperty("height").GetInt32() / divisor,
                parameters.GetProperty("width").GetInt32() / divisor,
                new VideoScale(video.TimeScale, video.SpaceScale)),
            AudioShape = audioShape,
            AudioTiming = timing,
            Fps = fps,
            Sigmas = [],
            Sampler = new EulerSampler(),
            Guider = new MultiModalGuider(GuidanceParameters.Distilled),
        };
    }

    private GuidanceParameters ReadGuidance(JsonElement parameters)
    {
        if (!parameters.TryGetProperty("guidance", out JsonElement guidance) || guidance.ValueKind == JsonValueKind.Null)
        {
            return GuidanceParameters.Distilled;
        }

        string? kind = guidance.OptionalString("kind");
        return kind switch
        {
            "cfg" => GuidanceParameters.ForCfg(guidance.GetProperty("cfg_scale").GetDouble()),
            "multimodal" => new GuidanceParameters
            {
                Video = ReadModality(guidance.GetProperty("video")),
                Audio = guidance.TryGetProperty("audio", out JsonElement audio) ? ReadModality(audio) : ModalityGuidance.None,
                StgMode = (guidance.OptionalString("stg_mode") ?? "residual_skip") switch
                {
                    "residual_skip" => StgMode.ResidualSkip,
                    "value_pass_through" or "value_passthrough" => StgMode.ValuePassThrough,
                    string other => throw new UnknownOperationException(Component, other),
                },
            },
            _ => throw new UnknownOperationException(Component, kind),
        };
    }

    private static ModalityGuidance ReadModality(JsonElement guidance) => new()
    {
        CfgScale = guidance.OptionalDouble("cfg_scale", 1),
        StgScale = guidance.OptionalDouble("stg_scale", 0),
        StgBlocks = guidance.TryGetProperty("stg_blocks", out JsonElement blocks) && blocks.ValueKind == JsonValueKind.Array
            ? [.. blocks.EnumerateArray().Select(b => b.GetInt32())]
            : [],
        ModalityScale = guidance.OptionalDouble("modality_scale", 1),
        RescaleScale = guidance.OptionalDouble("rescale_scale", 0),
        SkipStep = (int)guidance.OptionalDouble("skip_step", 0),
    };

    private static EncodedPrompts ReadPrompts(ReferenceCase referenceCase, DenoiseStage stage) => new(
        ReadPrompt(referenceCase, stage, "positive"),
        referenceCase.HasInput("video_context_negative") ? ReadPrompt(referenceCase, stage, "negative") : null);

    private static EncodedPrompt ReadPrompt(ReferenceCase referenceCase, DenoiseStage stage, string which) => new(
        referenceCase.Input("video_context_" + which).Data,
        stage.AudioShape is null ? [] : referenceCase.Input("audio_context_" + which).Data);

    private List<IConditioningItem> EncodeImages(ReferenceCase referenceCase, SafetensorsFile checkpoint, VerificationContext context, int stageNumber)
    {
        JsonElement[] images = [.. referenceCase.Parameters.GetProperty("images").EnumerateArray()];
        if (images.Length == 0)
        {
            return [];
        }

        using VideoVaeEncoder encoder = VideoVaeEncoder.Load(checkpoint, GraphThreads.Options(context));
        List<IConditioningItem> items = [];
        foreach (JsonElement image in images)
        {
            HostTensor latent = encoder.Encode(referenceCase.Input(image.GetProperty("inputs")[stageNumber - 1].GetString()!));
            items.Add(ReadItem(image, new ConditioningLatent(latent.Data, latent.Shape.Extent(2))));
        }

        return items;
    }

    private IConditioningItem ReadItem(JsonElement image, ConditioningLatent latent)
    {
        double strength = image.OptionalDouble("strength", 1);
        string? kind = image.OptionalString("kind");
        return kind switch
        {
            "replace" => new ReplaceLatent(latent, image.GetProperty("latent_index").GetInt32(), strength),
            "keyframe" => new KeyframeTokens(latent, image.GetProperty("pixel_frame").GetInt32(), strength, image.OptionalString("time_extent") switch
            {
                null or "one_frame" => KeyframeTimeExtent.OneFrame,
                "eight_frames" => KeyframeTimeExtent.EightFrames,
                string other => throw new UnknownOperationException(Component, other),
            }),
            _ => throw new UnknownOperationException(Component, kind),
        };
    }

    private static void AddLatents(CaseOutputs outputs, ClipLatents latents, string prefix)
    {
        outputs.Add(prefix + "video_latent", latents.Video);
        if (latents.Audio is not null)
        {
            outputs.Add(prefix + "audio_latent", latents.Audio);
        }
    }

    private static void DecodeFrames(JsonElement parameters, ClipLatents latents, SafetensorsFile checkpoint, VerificationContext context, CaseOutputs outputs)
    {
        using VideoVaeDecoder decoder = VideoVaeDecoder.Load(checkpoint, GraphThreads.Options(context));
        HostTensor video = decoder.Decode(latents.Video);
        int[] indices = [.. parameters.GetProperty("decoded_frame_indices").EnumerateArray().Select(i => i.GetInt32())];
        int channels = video.Shape.Extent(1);
        int frames = video.Shape.Extent(2);
        int plane = video.Shape.Extent(3) * video.Shape.Extent(4);
        HostTensor chosen = HostTensor.Zeros(channels, indices.Length, video.Shape[3], video.Shape[4]);
        for (int channel = 0; channel < channels; channel++)
        {
            for (int i = 0; i < indices.Length; i++)
            {
                video.Data.AsSpan(((channel * frames) + indices[i]) * plane, plane).CopyTo(chosen.Data.AsSpan(((channel * indices.Length) + i) * plane));
            }
        }

        outputs.Add("decoded_frames", chosen);
        int expectedFrames = (int)parameters.OptionalDouble("decoded_frame_count", frames);
        outputs.Check("decoded_frame_count", Math.Abs(frames - expectedFrames), 0, frames == expectedFrames);
    }

    private static void DecodeSound(HostTensor latent, SafetensorsFile checkpoint, VerificationContext context, CaseOutputs outputs)
    {
        using AudioVaeDecoder decoder = AudioVaeDecoder.Load(checkpoint, GraphThreads.Options(context));
        using Vocoder vocoder = Vocoder.Load(checkpoint, GraphThreads.Options(context));
        HostTensor waveform = vocoder.Synthesize(decoder.Decode(latent));
        outputs.Add("audio_waveform", new HostTensor(new TensorShape(waveform.Shape[1], waveform.Shape[2]), waveform.Data));
    }

    private void Require(string? value, string known)
    {
        if (!string.Equals(value, known, StringComparison.Ordinal))
        {
            throw new UnknownOperationException(Component, value);
        }
    }

    /// <summary>Keeps what a stage starts from and every step.</summary>
    private sealed class StageRecorder(CaseOutputs outputs, string prefix) : IStageObserver
    {
        private readonly StepRecorder _steps = new(outputs, prefix);

        public void OnStart(AudioVideoState state, IReadOnlyList<double> sigmas)
        {
            outputs.Add(prefix + "sigmas", new TensorShape(sigmas.Count), [.. sigmas.Select(s => (float)s)]);
            outputs.Add(prefix + "video_mask", new TensorShape(1, state.Video.TokenCount, 1), state.Video.DenoiseMask);
            outputs.Add(prefix + "video_positions", new TensorShape(1, state.Video.PositionAxes, state.Video.TokenCount, 2), state.Video.Positions);
            foreach (LatentState stream in state.Streams)
            {
                StepRecorder.Add(outputs, stream, "start", prefix);
            }
        }

        public void OnStep(SamplerStep step) => _steps.OnStep(step);

        public void OnSubstep(SamplerStep step) => _steps.OnSubstep(step);
    }
}
