using System.Diagnostics;
using System.Runtime.CompilerServices;
using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Estimation;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Images;
using LtxEngine.Pipeline;
using LtxEngine.Pipeline.Resume;
using LtxEngine.Planning;
using LtxEngine.Previews;
using LtxEngine.Profiling;
using LtxEngine.Prompting;
using LtxEngine.Safety;
using Microsoft.Extensions.Logging;

namespace LtxEngine;

/// <summary>
/// A loaded model: makes clips from requests. Thread-safe: requests run one after the other on the device, in the order in which they were
/// handed over, on a thread of the pipeline's own; a result never depends on its neighbours.
/// </summary>
/// <example>
/// <code>
/// await using var pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = "models/demo" });
/// var result = await pipeline.GenerateAsync(new GenerationRequest { Prompt = "…", Image = ImageSource.FromFile("start.png") });
/// await result.SaveAsync("out.mp4");
/// </code>
/// </example>
public sealed partial class LtxPipeline : IAsyncDisposable
{
    /// <summary>For what is written to no file.</summary>
    private static readonly Task<IReadOnlyList<RequestError>> NoMissingEncoder = Task.FromResult<IReadOnlyList<RequestError>>([]);

    private readonly LoadedModel _model;
    private readonly DeviceQueue _queue;
    private readonly ILogger _log;
    private readonly SafetyCheckerSource _safety;
    private readonly TimingProfile? _profile;
    private readonly ImageLoader _images;
    private readonly LoraChecker _loras;
    private readonly RequestCheckpoints _checkpoints;
    private readonly PromptExpansionStage _promptExpansion;
    private readonly PromptEncoder _promptEncoder;
    private readonly ImageConditioner _imageConditioner;
    private readonly LatentProjectionFitter _previews;
    private readonly ClipDenoiser _clipDenoiser;
    private readonly SoundDecoder _soundDecoder;
    private readonly FrameDecoder _frameDecoder;
    private readonly Lazy<ModelOrigin> _origin;

    private LtxPipeline(LtxPipelineOptions options, LoadedModel model, DeviceQueue queue)
    {
        _model = model;
        _queue = queue;
        _log = options.LoggerFactory.CreateLogger<LtxPipeline>();
        _profile = options.Profile;
        Ffmpeg = new FfmpegTool(options.Ffmpeg);
        _safety = new SafetyCheckerSource(options, model.Files, _log);
        _images = new ImageLoader(new ImagePreprocessor(new ImageDecoder(Ffmpeg, options.ImageDecoding), new CrfRoundTrip(Ffmpeg)));
        _loras = new LoraChecker(model.Checkpoint);
        _checkpoints = new RequestCheckpoints(model);
        _promptExpansion = new PromptExpansionStage(model.TextEncoder, model.Files.TextEncoder);
        _promptEncoder = new PromptEncoder(model.TextEncoder);
        _imageConditioner = new ImageConditioner(model.VideoEncoder);
        _previews = new LatentProjectionFitter(model.HasVideoEncoder ? model.VideoEncoder : null, model.VideoDecoder);
        _clipDenoiser = new ClipDenoiser(new LatentDenoiser(model.Transformers), new LatentUpscaler(model.SpatialUpsampler, model.LatentStatistics));
        _soundDecoder = new SoundDecoder(model.AudioDecoder, model.Vocoder);
        _frameDecoder = new FrameDecoder(model.VideoDecoder);
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.ModelDirectory));
        _origin = new(() => new ModelOrigin(Path.GetFileName(folder), Path.GetFileName(model.Files.Checkpoint), FileIdentity.OfContent(model.Files.Checkpoint)));
    }

    /// <summary>What a request takes where it says nothing.</summary>
    public ModelDefaults Defaults => _model.Profile.Defaults;

    /// <summary>Names of the model folder's camera LoRAs, for <see cref="GenerationRequest.CameraLora"/>.</summary>
    public IReadOnlyCollection<string> CameraLoras => [.. _model.Profile.CameraLoras.Keys];

    /// <summary>The device that computes, for people: <c>cpu (AVX-512, 16 threads)</c>.</summary>
    public string DeviceName => _model.Device.Name;

    /// <summary>Blocks of the transformer.</summary>
    internal int Layers => _model.Profile.Layers;

    /// <summary>Number of networks that are in memory.</summary>
    internal int LoadedNetworks => _model.LoadedNetworks;

    internal FfmpegTool Ffmpeg { get; }

    /// <summary>Opens a model folder and starts the device. Weights are read when a request first needs them.</summary>
    /// <param name="options">What to load and where to run it.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <returns>The pipeline; dispose it to free the device.</returns>
    /// <exception cref="ModelFormatException">The folder or a file in it cannot be used; the message names all problems.</exception>
    /// <exception cref="DeviceUnavailableException">The device asked for cannot be used.</exception>
    public static async Task<LtxPipeline> LoadAsync(LtxPipelineOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        DeviceQueue queue = new("LtxEngine device");
        try
        {
            return await queue.RunAsync(token => Load(options, queue, token), continuesRequest: false, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            queue.Dispose();
            throw;
        }
    }

    /// <summary>Makes a clip: its latents and its sound; the frames are decoded when the result is asked for them.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="progress">Is told about stages, steps and blocks, on the pipeline's thread.</param>
    /// <param name="cancellationToken">Takes the request out of the queue, or stops it within one device operation.</param>
    /// <returns>The clip.</returns>
    /// <exception cref="InvalidRequestException">Fields cannot be used; all of them are listed.</exception>
    /// <exception cref="SafetyException">The safety checker was switched on and refused the request.</exception>
    /// <exception cref="ModelFormatException">A network of the model cannot be loaded.</exception>
    /// <exception cref="OutOfDeviceMemoryException">The request needs more memory than there is; the message shows the sum. Nothing was loaded for it.</exception>
    /// <exception cref="MediaException">ffmpeg is needed for an image and cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled, or the pipeline disposed while it ran.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline was disposed.</exception>
    public Task<GenerationResult> GenerateAsync(
        GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        RunAsync(request, outputErrors: [], NoMissingEncoder, progress, DecodeSound, cancellationToken);

    /// <summary>
    /// Checks a request completely and tells what it would make and take, without running it: no network is loaded. Images are decoded, because
    /// the size may follow them.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Stops the estimate.</param>
    /// <returns>Stages, sizes, work, memory, price.</returns>
    /// <exception cref="InvalidRequestException">Fields cannot be used; all of them are listed.</exception>
    /// <exception cref="ModelFormatException">A file of the model folder cannot be used.</exception>
    /// <exception cref="MediaException">ffmpeg is needed for an image and cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The estimate was stopped.</exception>
    public async Task<GenerationEstimate> EstimateAsync(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Task<IReadOnlyDictionary<ImageSource, LoadedImage>> images = _images.LoadAsync(request, cancellationToken);
        GenerationPlan plan = await PlanAsync(request, images, outputErrors: [], NoMissingEncoder).ConfigureAwait(false);
        await images.ConfigureAwait(false);
        return await Task.Run(() => new RequestEstimator(_model).Estimate(plan, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Cancels what runs, waits for it to stop and frees the device.</summary>
    /// <returns>The end of it.</returns>
    public async ValueTask DisposeAsync()
    {
        // Joining the device's thread takes as long as one device operation; the caller's thread need not wait for it.
        await Task.Run(_queue.Dispose).ConfigureAwait(false);
        _safety.Dispose();
        _model.Dispose();
    }

    internal async IAsyncEnumerable<VideoChunk> DecodeAsync(GenerationResult result, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        IEnumerator<VideoChunk>? chunks = null;
        try
        {
            while (await _queue.RunAsync(MoveNext, continuesRequest: true, cancellationToken).ConfigureAwait(false))
            {
                yield return chunks!.Current;
            }
        }
        finally
        {
            await DisposeOnDeviceAsync(chunks).ConfigureAwait(false);
        }

        bool MoveNext(CancellationToken token)
        {
            // The enumerator was given its token once; closing the pipeline has to reach it as well.
            using CancellationTokenRegistration closing = token.Register(stopping.Cancel);
            chunks ??= DecodeChecked(result, progress: null, stopping.Token).GetEnumerator();
            return chunks.MoveNext();
        }
    }

    private static LtxPipeline Load(LtxPipelineOptions options, DeviceQueue queue, CancellationToken cancellationToken)
    {
        ILogger log = options.LoggerFactory.CreateLogger<LtxPipeline>();
        IComputeDevice device = DeviceSelection.Create(options.Device, options.Threads, options.ComputeType, out string reason);
        if (options.Profile is { } profile)
        {
            IComputeDevice measured = device;
            profile.UsePeak(() => measured is CpuComputeDevice cpu ? PeakProbe.GigaflopsPerSecond(cpu.Threads) : double.NaN);
            device = new ProfilingDevice(device, profile);
        }

        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            LoadedModel model = LoadedModel.Open(options, device);
            log.LogInformation("Opened {ModelDirectory} on {Device} ({Reason})", options.ModelDirectory, device.Name, reason);
            return new LtxPipeline(options, model, queue);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>The way of a request until it is finished: plan, queue, then on the device's thread everything up to the latents and what is made of them.</summary>
    private async Task<T> RunAsync<T>(
        GenerationRequest request,
        IReadOnlyList<RequestError> outputErrors,
        Task<IReadOnlyList<RequestError>> missingEncoder,
        IProgress<GenerationProgress>? progress,
        Func<DenoisedClip, RequestClock, CancellationToken, T> decode,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using Activity? activity = LtxTelemetry.Activities.StartActivity("ltx.generate");
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        string outcome = "failed";
        try
        {
            // The images are read while earlier requests run; the place in the queue is taken at once.
            Task<IReadOnlyDictionary<ImageSource, LoadedImage>> images = _images.LoadAsync(request, failed.Token);
            GenerationPlan plan = await PlanAsync(request, images, outputErrors, missingEncoder).ConfigureAwait(false);
            plan = plan with { ShowsPreviews = request.Previews && progress is not null };
            plan = plan with { Memory = _model.PlanMemory(plan) };
            if (plan.ChecksSafety)
            {
                images = await CheckAsync(request, plan, images, failed.Token).ConfigureAwait(false);
            }

            using RequestCheckpoint? checkpoint = await _checkpoints.OpenAsync(request, plan, images).ConfigureAwait(false);
            plan = checkpoint?.Apply(plan) ?? plan;
            RequestClock clock = new(_profile is null ? progress : new ProfilingProgress(_profile, progress));
            clock.Begin(GenerationStage.Queued);
            Task<T> running = _queue.RunAsync(
                token => decode(Denoise(request, plan, images, checkpoint, clock, token), clock, token), continuesRequest: false, failed.Token);
            T result = await FinishAsync(images, missingEncoder, running, checkpoint, failed).ConfigureAwait(false);
            _profile?.Leave();
            checkpoint?.Remove();
            outcome = "done";
            return result;
        }
        catch (OperationCanceledException)
        {
            outcome = "cancelled";
            throw;
        }
        catch (SafetyException)
        {
            // Images that are still being read are of no use any more.
            await failed.CancelAsync().ConfigureAwait(false);
            outcome = "refused";
            throw;
        }
        finally
        {
            LtxTelemetry.Requests.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
            activity?.SetTag("ltx.outcome", outcome);
        }
    }

    /// <summary>Prompts, images, denoising.</summary>
    private DenoisedClip Denoise(
        GenerationRequest request,
        GenerationPlan plan,
        Task<IReadOnlyDictionary<ImageSource, LoadedImage>> pictures,
        RequestCheckpoint? checkpoint,
        RequestClock clock,
        CancellationToken cancellationToken)
    {
        // Before the hours of work: a file that is replaced meanwhile is not the one that was used.
        Dictionary<string, string> loras = FingerprintLoras(plan);
        clock.End();
        _model.Follow(plan.Memory!.Residency);
        _log.LogInformation(
            "Generating {Width} × {Height}, {Frames} frames, {Steps} steps, seed {Seed}", plan.Width, plan.Height, plan.NumFrames, plan.Stage.Steps, plan.Seed);
        (plan, EncodedPrompts prompts) = ReadPrompts(plan, pictures, clock, cancellationToken);
        PreviewPainter? previews = null;
        IReadOnlyList<IConditioningItem>[] images = clock.Run(
            GenerationStage.ImageConditioning,
            () =>
            {
                previews = plan.ShowsPreviews ? new PreviewPainter(plan, _previews.Get(cancellationToken), MayShow(plan, cancellationToken)) : null;
                return _imageConditioner.Encode(plan, pictures.GetAwaiter().GetResult(), cancellationToken);
            });
        ClipLatents latents = _clipDenoiser.Denoise(plan, prompts, images, checkpoint, previews, clock, cancellationToken);
        ClipOrigin origin = new(request, plan, pictures.GetAwaiter().GetResult().ToDictionary(image => image.Key, image => image.Value.Hash), loras);
        return new DenoisedClip(origin, latents, checkpoint?.ResumedSteps ?? 0);
    }

    /// <summary>Latents to sound.</summary>
    private GenerationResult DecodeSound(DenoisedClip clip, RequestClock clock, CancellationToken cancellationToken)
    {
        AudioBuffer? audio = clip.Latents.Audio is { } latents
            ? clock.Run(GenerationStage.AudioDecoding, () => _soundDecoder.Decode(latents, cancellationToken))
            : null;
        return new GenerationResult(this, clip.Origin, clip.Latents, audio, clock) { ResumedSteps = clip.ResumedSteps };
    }

    /// <summary>Expands the prompt where that is asked for, and encodes what comes of it.</summary>
    private (GenerationPlan Plan, EncodedPrompts Prompts) ReadPrompts(
        GenerationPlan plan, Task<IReadOnlyDictionary<ImageSource, LoadedImage>> pictures, RequestClock clock, CancellationToken cancellationToken)
    {
        // Held across both stages: where networks are freed after use, the text model is opened once all the same.
        using NetworkUse<TextEncoder>? textModel = plan.ExpandsPrompt ? _model.TextEncoder.Use(cancellationToken) : null;
        if (textModel is not null)
        {
            GenerationPlan original = plan;
            plan = clock.Run(
                GenerationStage.PromptExpansion,
                () => _promptExpansion.Expand(original, pictures.GetAwaiter().GetResult(), clock, cancellationToken),
                PromptExpansionSettings.DefaultMaximumNewTokens);
        }

        GenerationPlan final = plan;
        if (final.ExpandsPrompt && final.ChecksSafety)
        {
            new SafetyGuard(_safety.Get()).CheckTextsAsync(final, cancellationToken).GetAwaiter().GetResult();
        }

        return (final, clock.Run(GenerationStage.TextEncoding, () => _promptEncoder.Encode(final, clock, cancellationToken)));
    }

    /// <summary>
    /// Plans the request; what is wrong with its images and LoRA files is reported together with the rest. ffmpeg's answer about its encoders is not
    /// waited for where nothing is wrong: starting it takes longer than planning.
    /// </summary>
    private async Task<GenerationPlan> PlanAsync(
        GenerationRequest request,
        Task<IReadOnlyDictionary<ImageSource, LoadedImage>> images,
        IReadOnlyList<RequestError> outputErrors,
        Task<IReadOnlyList<RequestError>> missingEncoder)
    {
        List<RequestError> errors = [];
        GenerationPlan? plan = null;
        try
        {
            plan = GenerationPlanner.Create(await AutoSize.ApplyAsync(request, images, _model.Profile).ConfigureAwait(false), _model.Profile);
        }
        catch (InvalidRequestException exception)
        {
            errors.AddRange(exception.Errors);
        }

        IReadOnlyList<string> warnings = await Task.Run(() => _loras.Check(request, plan, errors)).ConfigureAwait(false);
        if (plan is not null && errors.Count == 0 && outputErrors.Count == 0)
        {
            return plan with { Warnings = [.. plan.Warnings, .. warnings] };
        }

        try
        {
            await images.ConfigureAwait(false);
        }
        catch (InvalidRequestException exception)
        {
            errors.AddRange(exception.Errors);
        }

        throw new InvalidRequestException([.. errors, .. await missingEncoder.ConfigureAwait(false), .. outputErrors]);
    }

    /// <summary>Waits for a request. A refusal by the safety checker ends it for good: what must not be shown does not stay as saved steps either.</summary>
    private static async Task<T> FinishAsync<T>(
        Task images, Task<IReadOnlyList<RequestError>> missingEncoder, Task<T> running, RequestCheckpoint? checkpoint, CancellationTokenSource failed)
    {
        try
        {
            await FailEarlyAsync(images, missingEncoder, running, failed).ConfigureAwait(false);
            return await running.ConfigureAwait(false);
        }
        catch (SafetyException)
        {
            checkpoint?.Remove();
            throw;
        }
    }

    /// <summary>An image that cannot be used, or an encoder that ffmpeg lacks, ends the request while it still waits or has just begun.</summary>
    private static async Task FailEarlyAsync<T>(Task images, Task<IReadOnlyList<RequestError>> missingEncoder, Task<T> running, CancellationTokenSource failed)
    {
        try
        {
            IReadOnlyList<RequestError> missing = await missingEncoder.ConfigureAwait(false);
            try
            {
                await images.ConfigureAwait(false);
            }
            catch (InvalidRequestException exception)
            {
                throw new InvalidRequestException([.. exception.Errors, .. missing]);
            }

            if (missing.Count > 0)
            {
                throw new InvalidRequestException(missing);
            }
        }
        catch
        {
            await failed.CancelAsync().ConfigureAwait(false);
            await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task DisposeOnDeviceAsync(IEnumerator<VideoChunk>? chunks)
    {
        if (chunks is null)
        {
            return;
        }

        try
        {
            await _queue.RunAsync(
                _ =>
                {
                    chunks.Dispose();
                    return true;
                },
                continuesRequest: true,
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
        {
            // The device's thread has ended, so nothing else uses the decoder any more.
            chunks.Dispose();
        }
    }
}
