using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Graphs.Audio;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Kernels;
using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Upsampling;
using LtxEngine.Networks.Weights;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline;

/// <summary>An open model: its files, its device and the places of its networks, which are loaded when a stage first uses them.</summary>
internal sealed class LoadedModel : IDisposable
{
    private const string TransformerPrefix = "model.diffusion_model.";

    /// <summary>Two blocks of the 19B model are 1.5 GB; reading them takes about as long as evaluating one.</summary>
    private const int BlocksReadAhead = 2;

    private LoadedModel(ModelFiles files, LtxCheckpoint checkpoint, IComputeDevice device, ModelProfile profile, int threads, WeightResidencyMode residency)
    {
        // Without a wish the graphs share the process-wide pool, which has one thread per core as the device has.
        GraphSessionOptions graphs = new() { ThreadCount = threads == 0 ? null : threads };
        bool keepLoaded = residency == WeightResidencyMode.KeepLoaded;
        TransformerOptions transformer = new()
        {
            Residency = residency == WeightResidencyMode.StreamBlocks ? WeightResidency.StreamedAhead(BlocksReadAhead) : WeightResidency.Resident,
        };
        Checkpoint = checkpoint;
        Files = files;
        Device = device;
        Profile = profile;
        LatentStatistics = LatentStatistics.Read(checkpoint);
        Transformers = new TransformerPool(checkpoint, device, transformer, keepLoaded);
        TextEncoder = new(token => Graphs.Text.TextEncoder.Open(files.TextEncoder, checkpoint, new TextEncoderOptions { Session = graphs }), keepLoaded);
        SpatialUpsampler = new(token => LoadUpsampler(files.SpatialUpscaler!, device, token), keepLoaded);
        VideoEncoder = new(token => VideoVaeEncoder.Load(checkpoint, graphs, cancellationToken: token), keepLoaded);
        VideoDecoder = new(token => VideoVaeDecoder.Load(checkpoint, graphs, cancellationToken: token), keepLoaded);
        AudioDecoder = new(token => AudioVaeDecoder.Load(checkpoint, graphs, cancellationToken: token), keepLoaded);
        Vocoder = new(token => Graphs.Audio.Vocoder.Load(checkpoint, graphs, cancellationToken: token), keepLoaded);
    }

    /// <summary>The checkpoint.</summary>
    public LtxCheckpoint Checkpoint { get; }

    /// <summary>The video VAE's statistics per latent channel.</summary>
    public LatentStatistics LatentStatistics { get; }

    /// <summary>The files.</summary>
    public ModelFiles Files { get; }

    /// <summary>The device that the transformer runs on.</summary>
    public IComputeDevice Device { get; }

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

    /// <summary>The decoder of frames.</summary>
    public NetworkSlot<VideoVaeDecoder> VideoDecoder { get; }

    /// <summary>The decoder of sound to spectrograms.</summary>
    public NetworkSlot<AudioVaeDecoder> AudioDecoder { get; }

    /// <summary>Spectrograms to waveforms.</summary>
    public NetworkSlot<Vocoder> Vocoder { get; }

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

            return new LoadedModel(files, checkpoint, device, profile, options.Threads, ChooseResidency(options.Residency, files, checkpoint));
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
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

    private static WeightResidencyMode ChooseResidency(WeightResidencyMode wanted, ModelFiles files, LtxCheckpoint checkpoint)
    {
        if (wanted != WeightResidencyMode.Auto)
        {
            return wanted;
        }

        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        long free = memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes;
        long stored = checkpoint.Tensors.Values.Sum(t => t.ByteLength)
            + new DirectoryInfo(files.TextEncoder).EnumerateFiles("*.safetensors").Sum(f => f.Length);
        long transformer = checkpoint.Tensors.Values.Where(t => t.Name.StartsWith(TransformerPrefix, StringComparison.Ordinal)).Sum(t => t.ByteLength);

        // Graphs hold fp32 copies of bf16 weights: twice the files, and the same again for working memory.
        return stored * 4 < free ? WeightResidencyMode.KeepLoaded
            : transformer * 3 > free * 2 ? WeightResidencyMode.StreamBlocks
            : WeightResidencyMode.FreeAfterUse;
    }
}
