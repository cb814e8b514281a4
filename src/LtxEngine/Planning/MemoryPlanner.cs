using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Checkpoints.Lora;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Networks;
using LtxEngine.Networks.Text;
using LtxEngine.Networks.Transformer;
using LtxEngine.Pipeline;
using LtxEngine.Previews;
using LtxEngine.Tensors;

namespace LtxEngine.Planning;

/// <summary>
/// Computes before anything is loaded what every stage of a request needs, and picks where the weights stay: all networks loaded, each freed
/// after its stage, or the transformer's blocks streamed. The first of these that fits the budget is taken.
/// </summary>
/// <remarks>
/// Networks on our own kernels are counted exactly, from shapes. Graphs are counted by rule: fp32 weights, and so many tensors of the
/// largest activation as ONNX Runtime's arena was seen to hold. Pages of mapped files are not counted, because the system takes them back.
/// </remarks>
internal sealed class MemoryPlanner
{
    /// <summary>Two blocks of the 19B model are 1.5 GB; reading them takes about as long as evaluating one.</summary>
    public const int BlocksReadAhead = 2;

    /// <summary>Rows of a text context: the length to which prompts are padded with registers.</summary>
    private const int ContextRows = GemmaTokenizer.DefaultMaximumLength;

    /// <summary>Tensors of the size of a graph's largest activation that its run holds at once: input, norm, product, padded copy and two results.</summary>
    private const int LiveActivations = 6;

    private readonly TransformerMemory _transformer;
    private readonly TransformerStructure _structure;
    private readonly VideoVaeConfiguration _video;
    private readonly long _textLayer;
    private readonly long _connectorBlocks;
    private readonly IReadOnlyList<MemoryPart> _textWorking;
    private readonly long _encoder;
    private readonly long _decoder;
    private readonly long _sound;
    private readonly long _upsampler;
    private readonly int _upsamplerChannels;

    /// <summary>Reads the headers of a model.</summary>
    /// <param name="files">The files of its folder.</param>
    /// <param name="checkpoint">Its open checkpoint.</param>
    /// <param name="budget">The bytes that there are; null for what the machine or container can give.</param>
    /// <param name="textOnKernels">Whether the text model runs on our kernels rather than as a graph.</param>
    public MemoryPlanner(ModelFiles files, ITensorCollection checkpoint, long? budget, bool textOnKernels = true)
    {
        Budget = budget ?? MachineMemory.AvailableBytes();
        BudgetOrigin = budget is null ? "what this machine can give" : "the memory budget";
        _structure = TransformerStructure.From(TransformerConfiguration.Read(checkpoint));
        _transformer = new TransformerMemory(checkpoint, _structure);
        _video = VideoVaeConfiguration.Read(checkpoint);
        GemmaConfiguration text = GemmaConfiguration.Load(Path.Combine(files.TextEncoder, "config.json"));
        TextConditioningConfiguration conditioning = TextConditioningConfiguration.Read(checkpoint);
        _textLayer = textOnKernels ? TextLayer(files.TextEncoder, text) : GemmaLayerGraph.Parts(text).Sum(part => part.Shape.ElementCount) * sizeof(float);
        _connectorBlocks = (Connector(conditioning.Video) + (conditioning.Audio is null ? 0 : Connector(conditioning.Audio))) * sizeof(float);
        _textWorking = TextWorking(text, textOnKernels);
        _encoder = Single(checkpoint, "vae.encoder.");
        _decoder = Single(checkpoint, "vae.decoder.");
        _sound = Single(checkpoint, "audio_vae.") + Single(checkpoint, VocoderConfiguration.Prefix);
        if (files.SpatialUpscaler is { } path)
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            _upsamplerChannels = LatentUpsamplerConfiguration.Read(file).Channels;
            _upsampler = file.Tensors.Values.Sum(tensor => tensor.Shape.ElementCount * (tensor.DataType == DataType.Float32 ? sizeof(float) : sizeof(ushort)));
        }
    }

    /// <summary>The bytes that there are.</summary>
    public long Budget { get; }

    /// <summary>Where the budget comes from, for people.</summary>
    public string BudgetOrigin { get; }

    /// <summary>Picks a residency and adds up the stages.</summary>
    /// <param name="plan">The request.</param>
    /// <param name="wanted">A residency, or auto.</param>
    /// <returns>The first that fits; the most frugal one allowed when none does.</returns>
    public MemoryPlan Plan(GenerationPlan plan, WeightResidencyMode wanted)
    {
        WeightResidencyMode[] candidates = wanted == WeightResidencyMode.Auto
            ? [WeightResidencyMode.KeepLoaded, WeightResidencyMode.FreeAfterUse, WeightResidencyMode.StreamBlocks]
            : [wanted];
        MemoryPlan result = Create(plan, candidates[0]);
        foreach (WeightResidencyMode candidate in candidates.Skip(1))
        {
            if (result.Fits)
            {
                return result;
            }

            result = Create(plan, candidate);
        }

        return result;
    }

    private static long Single(ITensorCollection checkpoint, string prefix) => checked(sizeof(float) * checkpoint.Tensors.Values
        .Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))
        .Sum(tensor => tensor.Shape.ElementCount));

    private static long Connector(TextConnectorConfiguration connector) =>
        TextConnectorBlockGraph.Parts(connector).Sum(part => part.Shape.ElementCount);

    /// <summary>What our kernels hold of the text model: all norms, and of a layer that is not stored in bf16 the matrices in fp32.</summary>
    private static long TextLayer(string folder, GemmaConfiguration text)
    {
        using Checkpoint stored = Checkpoint.Open(folder);
        long packed = stored.Tensors.Values
            .Where(tensor => tensor.DataType != DataType.BFloat16 && tensor.Name.EndsWith("_proj.weight", StringComparison.Ordinal) && tensor.Name.Contains(".layers.0.", StringComparison.Ordinal))
            .Sum(tensor => tensor.Shape.ElementCount);
        return (packed + GemmaLayers.NormLength(text)) * sizeof(float);
    }

    /// <summary>Two prompts of full length through a layer, the states that wait for their projection, and rows of its weight.</summary>
    private static IReadOnlyList<MemoryPart> TextWorking(GemmaConfiguration text, bool onKernels)
    {
        // On our kernels: the stream of both prompts, a working memory, and keys and values of one layer; no scores are stored.
        long perToken = onKernels
            ? GemmaLayers.WorkspaceLength(text, 1) + (2L * text.HiddenSize) + (2L * text.KeyValueHeadCount * text.HeadDimension)
            : (6L * text.HiddenSize) + (3L * text.IntermediateSize) + (4L * text.HeadCount * text.HeadDimension);
        long scores = onKernels ? 0 : 2L * text.HeadCount * ContextRows;
        long states = 2L * ContextRows * text.HiddenSize * (text.LayerCount + 1) * sizeof(float);
        return
        [
            new MemoryPart($"activations of a layer over {ContextRows} tokens", ContextRows * (perToken + scores) * sizeof(float)),
            new MemoryPart("states of two prompts that wait for their projection", Math.Min(states, 2 * TextFeatureProjection.PendingLimit)),
            new MemoryPart("rows of the projection", Math.Min(TextFeatureProjection.SlabLimit, (long)text.HiddenSize * text.HiddenSize * (text.LayerCount + 1) * sizeof(float))),
        ];
    }

    private MemoryPlan Create(GenerationPlan plan, WeightResidencyMode residency)
    {
        bool isStreamed = residency == WeightResidencyMode.StreamBlocks;
        bool isKept = residency == WeightResidencyMode.KeepLoaded;
        List<StageMemory> stages = [new StageMemory(GenerationStage.TextEncoding, _textLayer + _connectorBlocks, _textWorking, 0)];
        if (plan.Images.Count > 0 || plan.ShowsPreviews)
        {
            stages.Add(new StageMemory(GenerationStage.ImageConditioning, _encoder, [new MemoryPart($"activations, {LiveActivations} of the largest", EncoderWorking(plan))], 0));
        }

        HashSet<string> firstChanged = Changed(plan.Stage.Loras);
        stages.Add(Denoising(plan, plan.Stage, firstChanged, isStreamed));
        if (plan.SecondStage is { } second)
        {
            stages.Add(new StageMemory(GenerationStage.Upscaling, _upsampler, [new MemoryPart("latents and three buffers of activations", UpsamplerWorking(plan.Stage.VideoShape))], 0));
            HashSet<string> changed = Changed(second.Loras);
            stages.Add(Denoising(plan, second, changed, isStreamed));
        }

        if (plan.Stage.AudioShape is { } audio)
        {
            // Channels times resolution stays about constant through the vocoder: some hundred values per sample.
            stages.Add(new StageMemory(GenerationStage.AudioDecoding, _sound, [new MemoryPart("activations", SoundWorking(plan, audio))], 0));
        }

        stages.Add(new StageMemory(GenerationStage.VideoDecoding, _decoder, DecoderWorking(plan), 0));
        if (isKept)
        {
            long all = stages.Where(stage => stage.Stage != GenerationStage.Refining).Sum(stage => stage.Weights) + SecondSet(plan, firstChanged);
            stages = [.. stages.Select(stage => stage with { Kept = Math.Max(0, all - stage.Weights) })];
        }

        return new MemoryPlan { Budget = Budget, BudgetOrigin = BudgetOrigin, Residency = residency, Stages = stages };
    }

    /// <summary>Two stages with different LoRAs share the weights that neither changes; the others are held twice, of which one is in fp32 unless it is rounded.</summary>
    private long SecondSet(GenerationPlan plan, HashSet<string> firstChanged)
    {
        if (plan.SecondStage is not { } second || plan.Stage.Loras.SequenceEqual(second.Loras))
        {
            return 0;
        }

        HashSet<string> changed = Changed(second.Loras);
        changed.UnionWith(firstChanged);
        return second.LoraMode == LoraMode.Applied
            ? Beside(second.Loras)
            : (second.LoraRounding == LoraRounding.BrainFloat ? 1 : 2) * _transformer.FusedExtra(changed, int.MaxValue);
    }

    private StageMemory Denoising(GenerationPlan plan, DenoiseStage stage, HashSet<string> changed, bool isStreamed)
    {
        int blocks = isStreamed ? BlocksReadAhead + 1 : int.MaxValue;
        long weights = (isStreamed ? _transformer.Streamed(blocks) : checked(_transformer.Globals + _transformer.AllBlocks)) + LoraBytes(stage, changed, blocks);
        long images = plan.Images.Count(image => image.Frame > 0) * (long)stage.VideoShape.TokensPerFrame;
        long videoTokens = stage.VideoShape.TokenCount + images;
        long audioTokens = stage.AudioShape?.Frames ?? 0;
        int prompts = plan.NegativePrompt is null || stage.Name == GenerationStage.Refining ? 1 : 2;
        long text = prompts * _transformer.Text(ContextRows, audioTokens > 0 ? ContextRows : 0);

        // Noise, state, guided, carried and up to four predictions of every latent value on the host.
        long latents = 12L * sizeof(float) * ((videoTokens * _structure.Video.InChannels) + (audioTokens * (_structure.Audio?.InChannels ?? 0)));
        long reused = stage.Acceleration is null
            ? 0
            : sizeof(float) * stage.Guider.MaximumPasses * ((videoTokens * _structure.Video.Width) + (audioTokens * (_structure.Audio?.Width ?? 0)));
        List<MemoryPart> parts =
        [
            new($"workspace of a pass over {videoTokens} video and {audioTokens} audio tokens", _transformer.Workspace(videoTokens, audioTokens, NetworkLimits.Default)),
            new($"keys and values of {prompts} prompt{(prompts == 1 ? string.Empty : "s")}", text),
            new("latents, noise and predictions", latents),
        ];
        if (reused > 0)
        {
            parts.Add(new MemoryPart("what acceleration keeps", reused));
        }

        return new StageMemory(stage.Name, weights, parts, 0);
    }

    /// <summary>What LoRAs take beside the weights of the model: added in fp32, added with rounding (nothing), or computed beside them.</summary>
    private long LoraBytes(DenoiseStage stage, HashSet<string> changed, int blocks) =>
        stage.LoraMode == LoraMode.Applied ? Beside(stage.Loras)
        : stage.LoraRounding == LoraRounding.BrainFloat ? 0
        : _transformer.FusedExtra(changed, blocks);

    private static long Beside(IReadOnlyList<LoraUse> loras)
    {
        long bytes = 0;
        foreach (LoraUse lora in loras.Where(lora => lora.Strength != 0))
        {
            using LoraFile file = LoraFile.Open(lora.Path);
            bytes += file.TransformerTargets.Sum(target => (long)target.Rank * ((long)target.InputFeatures + target.OutputFeatures) * sizeof(float));
        }

        return bytes;
    }

    private static HashSet<string> Changed(IReadOnlyList<LoraUse> loras)
    {
        HashSet<string> layers = new(StringComparer.Ordinal);
        foreach (LoraUse lora in loras.Where(lora => lora.Strength != 0))
        {
            using LoraFile file = LoraFile.Open(lora.Path);
            layers.UnionWith(file.TransformerTargets.Select(target => target.Module));
        }

        return layers;
    }

    private long UpsamplerWorking(VideoLatentShape shape)
    {
        // Three buffers of the larger of input × 4 · channels and output × channels, and the latents at both ends.
        long positions = 4L * shape.TokenCount;
        return checked(sizeof(float) * positions * ((3L * _upsamplerChannels) + (4L * shape.Channels)));
    }

    private long EncoderWorking(GenerationPlan plan)
    {
        VideoLatentShape shape = (plan.SecondStage ?? plan.Stage).VideoShape;

        // The pictures that previews are fitted to may be larger than the clip.
        long cells = Math.Max(plan.Images.Count > 0 ? shape.TokensPerFrame : 0, plan.ShowsPreviews ? LatentProjectionFitter.Side * LatentProjectionFitter.Side : 0);
        long positions = cells * _video.SpaceScale * _video.SpaceScale / (_video.PatchSize * _video.PatchSize);
        long largest = positions * _video.EncoderChannels;
        foreach (VideoVaeBlock block in _video.EncoderBlocks)
        {
            largest = Math.Max(largest, positions * Math.Max(block.InChannels, block.OutChannels));
            positions /= block.SpaceStride * block.SpaceStride;
        }

        return checked(LiveActivations * sizeof(float) * largest);
    }

    private IReadOnlyList<MemoryPart> DecoderWorking(GenerationPlan plan)
    {
        VideoLatentShape shape = (plan.SecondStage ?? plan.Stage).VideoShape;
        VideoTiling tiling = VideoTiling.Plan(VideoTilingOptions.Default, shape.Frames, shape.Height, shape.Width, _video.TimeScale, _video.SpaceScale);
        long frames = tiling.Time.Spans.Max(span => span.Length);
        long positions = tiling.Rows.Spans.Max(span => span.Length) * (long)tiling.Columns.Spans.Max(span => span.Length);
        long largest = frames * positions * _video.DecoderChannels;
        foreach (VideoVaeBlock block in _video.DecoderBlocks)
        {
            // A resampler's convolution gives all channels before they become positions.
            largest = Math.Max(largest, frames * positions * block.InChannels);
            positions *= block.SpaceStride * block.SpaceStride;
            frames = block.TimeStride == 2 ? (2 * frames) : frames;
            largest = Math.Max(largest, frames * positions * block.OutChannels * (block.Kind == VideoVaeBlockKind.Residual ? 1 : 1 + (block.HasResidual ? 1 : 0)));
        }

        // The pixels of one tile, and of one group of tiles in time (VideoTileStream).
        long tile = frames * positions * _video.PatchSize * _video.PatchSize * _video.ImageChannels;
        long group = (long)tiling.Time.Spans.Max(span => span.OutLength) * tiling.Rows.OutLength * tiling.Columns.OutLength * _video.ImageChannels;
        return
        [
            new MemoryPart($"activations of a tile, {LiveActivations} of the largest", checked(sizeof(float) * LiveActivations * largest)),
            new MemoryPart("pixels of a tile", sizeof(float) * tile),
            new MemoryPart("pixels of a group of tiles", sizeof(float) * group),
        ];
    }

    private static long SoundWorking(GenerationPlan plan, AudioLatentShape audio)
    {
        const int ValuesPerSample = 256;
        AudioTiming timing = plan.Stage.AudioTiming;
        long samples = (long)audio.Frames * timing.MelFramesPerLatent * timing.OutputSamplesPerMelFrame;
        return checked(samples * ValuesPerSample * sizeof(float));
    }
}
