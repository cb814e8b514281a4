using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Layout;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Graphs.Audio;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Kernels;
using LtxEngine.Networks.Upsampling;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>An open model: its files, its device and the places of its networks, which are loaded when a stage first uses them.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly ResidencySetting _residency = new();
    private readonly WeightResidencyMode _wanted;
    private readonly Lazy<GemmaTokenizer?> _tokenizer;

    private LoadedModel(ModelFiles files, LtxCheckpoint checkpoint, IComputeDevice device, ModelProfile profile, MemoryPlanner memory, LtxPipelineOptions options)
    {
        // Without a wish the graphs share the process-wide pool, which has one thread per core as the device has.
        GraphSessionOptions graphs = new()
        {
            ThreadCount = options.Threads == 0 ? null : options.Threads,
            Observer = options.Profile is { } profiling ? (name, start) => profiling.Add("graph " + name, start) : null,
        };
        _wanted = options.Residency;
        Memory = memory;
        Checkpoint = checkpoint;
        Files = files;
        Device = device;
        Profile = profile;
        LatentStatistics = LatentStatistics.Read(checkpoint);
        Transformers = new TransformerPool(checkpoint, device, _residency);
        TextEncoderOptions text = new()
        {
            Session = graphs,
            CreateModel = (configuration, tensors, scale) => TextModels.Create(options.TextModel, configuration, tensors, device, graphs, scale),
        };
        TextEncoder = new(token => Graphs.Text.TextEncoder.Open(files.TextEncoder, checkpoint, text), _residency);
        string textFolder = Path.GetFullPath(files.TextEncoder);
        string tokenizer = Path.Combine(textFolder, "tokenizer.json");
        _tokenizer = new(() => File.Exists(tokenizer) ? GemmaTokenizer.Load(ModelPath.ResolveFile(tokenizer, textFolder)) : null);
        SpatialUpsampler = new(token => LoadUpsampler(files.SpatialUpscaler!, device, token), _residency);
        VideoEncoder = new(token => VideoVaeEncoder.Load(checkpoint, graphs, cancellationToken: token), _residency);
        VideoDecoder = new(token => VideoVaeDecoder.Load(checkpoint, graphs, cancellationToken: token), _residency);
        AudioDecoder = new(token => AudioVaeDecoder.Load(checkpoint, graphs, cancellationToken: token), _residency);
        Vocoder = new(token => Graphs.Audio.Vocoder.Load(checkpoint, graphs, cancellationToken: token), _residency);
    }

    /// <summary>The checkpoint.</summary>
    public LtxCheckpoint Checkpoint { get; }

    /// <summary>The video VAE's statistics per latent channel.</summary>
    public LatentStatistics LatentStatistics { get; }

    /// <summary>The files.</summary>
    public ModelFiles Files { get; }

    /// <summary>The device that the transformer runs on.</summary>
    public IComputeDevice Device { get; }

    /// <summary>Whether the text model runs on the device rather than as a graph.</summary>
    public bool TextOnKernels { get; private init; }

    /// <summary>What planning needs to know.</summary>
    public ModelProfile Profile { get; }

    /// <summary>The text encoder.</summary>
    public NetworkSlot<TextEncoder> TextEncoder { get; }

    /// <summary>The transformer, with any LoRAs.</summary>
    public TransformerPool Transformers { get; }

    /// <summary>The upscaler between two stages; only to be used where the folder has one.</summary>
    public NetworkSlot<LatentUpsampler> SpatialUpsampler { get; }

    /// <summary>The encoder of start images.</summary>
    public NetworkSlot<VideoVaeEncoder> VideoEncoder { get; }

    /// <summary>Whether the checkpoint holds the encoder; models without one make clips from the prompt alone.</summary>
    public bool HasVideoEncoder => Checkpoint.Components.HasFlag(ModelComponents.VideoVaeEncoder);

    /// <summary>The decoder of frames.</summary>
    public NetworkSlot<VideoVaeDecoder> VideoDecoder { get; }

    /// <summary>The decoder of sound to spectrograms.</summary>
    public NetworkSlot<AudioVaeDecoder> AudioDecoder { get; }

    /// <summary>Spectrograms to waveforms.</summary>
    public NetworkSlot<Vocoder> Vocoder { get; }

    /// <summary>What requests need, and what there is.</summary>
    public MemoryPlanner Memory { get; }

    /// <summary>Number of networks that are in memory.</summary>
    public int LoadedNetworks => new[]
    {
        TextEncoder.IsLoaded, SpatialUpsampler.IsLoaded, VideoEncoder.IsLoaded, VideoDecoder.IsLoaded, AudioDecoder.IsLoaded, Vocoder.IsLoaded,
    }.Count(loaded => loaded) + Transformers.LoadedSets;

    /// <summary>Opens a model folder; the weights are read when they are needed.</summary>
    /// <param name="options">Folder, device, residency.</param>
    /// <param name="device">The device; becomes the model's.</param>
    /// <exception cref="ModelFormatException">The folder or a file in it cannot be used.</exception>
    public static LoadedModel Open(LtxPipelineOptions options, IComputeDevice device)
    {
        ModelFiles files = ModelFiles.Read(options.ModelDirectory);
        LtxCheckpoint checkpoint = LtxCheckpoint.Open(files.Checkpoint, options.ModelDirectory);
        try
        {
            TransformerConfiguration transformer = TransformerConfiguration.Read(checkpoint);
            VideoVaeConfiguration video = VideoVaeConfiguration.Read(checkpoint);
            ModelProfile profile = new()
            {
                Defaults = files.Defaults,
                IsDistilled = files.IsDistilled,
                Layers = transformer.BlockCount,
                VideoLatentChannels = video.LatentChannels,
                Scale = new VideoScale(video.TimeScale, video.SpaceScale),
                SmallestCells = video.DecoderPadding == SpatialPadding.Reflect ? 2 : 1,
                HasAudio = transformer.HasAudio,
                HasSpatialUpscaler = files.SpatialUpscaler is not null,
                DistilledLora = files.DistilledLora,
                SecondStageNeedsLora = files.SecondStageNeedsLora,
                CameraLoras = files.CameraLoras,
            };
            CheckUpsampler(files.SpatialUpscaler, video);
            if (transformer.HasAudio)
            {
                AudioVaeConfiguration audio = AudioVaeConfiguration.Read(checkpoint);
                VocoderConfiguration vocoder = VocoderConfiguration.Read(checkpoint);
                profile = profile with
                {
                    AudioLatentChannels = audio.LatentChannels,
                    AudioLatentBins = audio.LatentMelBins,
                    AudioTiming = new AudioTiming
                    {
                        SampleRate = audio.SampleRate,
                        HopLength = audio.HopLength,
                        MelFramesPerLatent = audio.Scale,
                        OutputSamplesPerMelFrame = vocoder.SamplesPerFrame,
                    },
                };
            }

            GemmaConfiguration text = GemmaConfiguration.Load(Path.Combine(files.TextEncoder, "config.json"));
            bool textOnKernels = TextModels.UsesKernels(options.TextModel, text, device);
            MemoryPlanner memory = new(files, checkpoint, options.MemoryBudget, textOnKernels);
            return new LoadedModel(files, checkpoint, device, profile, memory, options) { TextOnKernels = textOnKernels };
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Adds up what a request needs and picks where its weights stay. Reads headers only.</summary>
    /// <param name="plan">The request.</param>
    /// <exception cref="OutOfDeviceMemoryException">It does not fit.</exception>
    public MemoryPlan PlanMemory(GenerationPlan plan)
    {
        MemoryPlan memory = EstimateMemory(plan);
        memory.ThrowIfTooLarge();
        return memory;
    }

    /// <summary>Adds up what a request needs, whether it fits or not.</summary>
    /// <param name="plan">The request.</param>
    public MemoryPlan EstimateMemory(GenerationPlan plan) => Memory.Plan(plan, _wanted);

    /// <summary>Tokens of a prompt in the text model; null where its folder has no tokenizer.</summary>
    /// <param name="prompt">The prompt.</param>
    public int? CountTokens(string prompt) => _tokenizer.Value?.EncodePrompt(prompt).Length;

    /// <summary>Follows the plan of the request that runs next; networks that are loaded in another way are freed. On the device's thread.</summary>
    /// <param name="residency">Where weights stay.</param>
    public void Follow(WeightResidencyMode residency)
    {
        if (!_residency.Change(residency))
        {
            return;
        }

        TextEncoder.FreeUnused();
        Transformers.FreeUnused();
        SpatialUpsampler.FreeUnused();
        VideoEncoder.FreeUnused();
        VideoDecoder.FreeUnused();
        AudioDecoder.FreeUnused();
        Vocoder.FreeUnused();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TextEncoder.Dispose();
        Transformers.Dispose();
        SpatialUpsampler.Dispose();
        VideoEncoder.Dispose();
        VideoDecoder.Dispose();
        AudioDecoder.Dispose();
        Vocoder.Dispose();
        Device.Dispose();
        Checkpoint.Dispose();
    }

    private static LatentUpsampler LoadUpsampler(string path, IComputeDevice device, CancellationToken cancellationToken)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return LatentUpsampler.Load(file, device, cancellationToken);
    }

    /// <summary>An upscaler that does not fit is told when the model is opened, not after the first stage of a clip.</summary>
    private static void CheckUpsampler(string? path, VideoVaeConfiguration video)
    {
        if (path is null)
        {
            return;
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        LatentUpsamplerConfiguration configuration = LatentUpsamplerConfiguration.Read(file);
        if (configuration.Kind == LatentUpsamplerKind.Temporal || configuration.SpaceNumerator != 2 || configuration.SpaceDenominator != 1)
        {
            throw new ModelFormatException(
                path, ModelFormatErrorKind.InvalidTensors, "The file is no upscaler that doubles height and width, which the role spatial_upscaler needs.");
        }

        if (configuration.LatentChannels != video.LatentChannels)
        {
            throw new ModelFormatException(
                path,
                ModelFormatErrorKind.InvalidTensors,
                $"The upscaler takes latents of {configuration.LatentChannels} channels, the checkpoint's have {video.LatentChannels}; it was made for another model.");
        }
    }

}
