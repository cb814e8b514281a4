using BenchmarkDotNet.Attributes;
using LtxEngine.Diffusion.Noise;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Pipeline;
using LtxEngine.Planning;
using LtxEngine.Tensors;

namespace LtxEngine.Benchmarks;

/// <summary>The stages of a request on the demo model, each alone, a whole request, and opening the model.</summary>
public class ModelBenchmark : DeviceBenchmark
{
    private const int TextTokens = 64;
    private const int AudioLatents = 25;

    private LoadedModel _model = null!;
    private GenerationPlan _plan = null!;
    private EncodedPrompts _prompts = null!;
    private LtxPipeline? _pipeline;
    private HostTensor _video = null!;
    private HostTensor _audio = null!;
    private string _folder = string.Empty;

    /// <summary>The case to run.</summary>
    [ParamsSource(nameof(Cases))]
    public ModelCase Case { get; set; } = null!;

    /// <summary>Stages with the amount of work of one call.</summary>
    public static IEnumerable<ModelCase> Cases =>
    [
        new(ModelWork.Text, TextTokens, "tokens/s", 1),
        new(ModelWork.Step, Size.Pixels, "MP/s", 1e-6),
        new(ModelWork.Upsampler, 4 * Size.Pixels, "MP/s", 1e-6),
        new(ModelWork.VideoDecoder, Size.Pixels, "MP/s", 1e-6),
        new(ModelWork.Sound, 1, "s of sound/s", 1),
        new(ModelWork.Clip, Size.Pixels, "MP/s", 1e-6),
        new(ModelWork.Loading, 1, "loads/s", 1),
    ];

    /// <summary>Where the demo model is.</summary>
    internal static string Model => Path.Combine(RepositoryRoot(), "models", "demo");

    /// <summary>Runs the stage once.</summary>
    [Benchmark]
    public object? Run() => Case.Work switch
    {
        ModelWork.Text => Use(_model.TextEncoder, encoder => encoder.EncodeFeatures([[.. Enumerable.Range(5, TextTokens)]], null, CancellationToken.None)),
        ModelWork.Step => new LatentDenoiser(_model.Transformers).Denoise(
            _plan.Stage, _prompts, [], initial: null, new NoiseGenerator(1), resume: null, new RequestClock(null), observer: null, CancellationToken.None),
        ModelWork.Upsampler => Use(_model.SpatialUpsampler, upsampler => upsampler.UpsampleVideo(_video, _model.LatentStatistics)),
        ModelWork.VideoDecoder => Use(_model.VideoDecoder, decoder => decoder.DecodeStream(_video, VideoTilingOptions.Default).Count()),
        ModelWork.Sound => new SoundDecoder(_model.AudioDecoder, _model.Vocoder).Decode(_audio, CancellationToken.None),
        ModelWork.Clip => _pipeline!.GenerateToFileAsync(Request(steps: 8), Path.Combine(_folder, "clip.mp4"), new SaveOptions { Overwrite = true }).GetAwaiter().GetResult(),
        _ => Load(),
    };

    /// <inheritdoc/>
    protected override string CaseName => Case.ToString();

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _folder = Directory.CreateTempSubdirectory("ltx-bench-").FullName;
        LtxPipelineOptions options = new() { ModelDirectory = Model, Threads = Threads, Residency = WeightResidencyMode.KeepLoaded };
        if (Case.Work == ModelWork.Clip)
        {
            _pipeline = LtxPipeline.LoadAsync(options).GetAwaiter().GetResult();
            return;
        }

        // Owns a device of its own, as an application's model does.
        _model = Own(LoadedModel.Open(options, new CpuComputeDevice(Threads)));
        _model.Follow(WeightResidencyMode.KeepLoaded);
        _plan = GenerationPlanner.Create(Request(steps: 1), _model.Profile);
        _prompts = new PromptEncoder(_model.TextEncoder).Encode(_plan, new RequestClock(null), CancellationToken.None);
        _video = HostTensor.Zeros(1, _plan.Stage.VideoShape.Channels, _plan.Stage.VideoShape.Frames, _plan.Stage.VideoShape.Height, _plan.Stage.VideoShape.Width);
        _audio = HostTensor.Zeros(1, _model.Profile.AudioLatentChannels, AudioLatents, _model.Profile.AudioLatentBins);
    }

    /// <inheritdoc/>
    protected override void Clear()
    {
        _pipeline?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _pipeline = null;
        Directory.Delete(_folder, recursive: true);
    }

    private static TResult Use<T, TResult>(NetworkSlot<T> slot, Func<T, TResult> run)
        where T : class, IDisposable
    {
        using NetworkUse<T> use = slot.Use(CancellationToken.None);
        return run(use.Network);
    }

    private static GenerationRequest Request(int steps) => new()
    {
        Prompt = "a white boat sails on the blue sea",
        Width = Size.Width,
        Height = Size.Height,
        NumFrames = Size.Frames,
        NumInferenceSteps = steps,
        Seed = 1,
    };

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "LtxEngine.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The benchmarks run from a clone of the repository: they need its demo model.");
    }

    private int Load()
    {
        using LoadedModel model = LoadedModel.Open(new LtxPipelineOptions { ModelDirectory = Model, Threads = Threads }, new CpuComputeDevice(Threads));
        using NetworkUse<FusedTransformer> transformer = model.Transformers.Use(LoraSet.Create([], LoraMode.Fused, LoraRounding.Single), CancellationToken.None);
        using NetworkUse<TextEncoder> text = model.TextEncoder.Use(CancellationToken.None);
        using NetworkUse<VideoVaeDecoder> video = model.VideoDecoder.Use(CancellationToken.None);
        return model.LoadedNetworks;
    }

    /// <summary>Size of the clip.</summary>
    private static class Size
    {
        public const int Width = 192;
        public const int Height = 192;
        public const int Frames = 33;
        public const double Pixels = (double)Width * Height * Frames;
    }

    /// <summary>One stage.</summary>
    public sealed record ModelCase(ModelWork Work, double Amount, string Unit, double Factor) : IWork
    {
        /// <inheritdoc/>
        public bool IsArithmetic => false;

        /// <inheritdoc/>
        public override string ToString() => Work switch
        {
            ModelWork.Text => "demo: text encoding",
            ModelWork.Step => "demo: one denoise step",
            ModelWork.Upsampler => "demo: latent upsampler",
            ModelWork.VideoDecoder => "demo: video VAE decoding",
            ModelWork.Sound => "demo: audio VAE and vocoder",
            ModelWork.Clip => "demo: a clip in 8 steps, to the file",
            _ => "demo: loading text encoder, transformer, video VAE",
        };
    }
}
