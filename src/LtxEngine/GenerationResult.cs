using System.Runtime.CompilerServices;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Media.Output;
using LtxEngine.Pipeline;
using LtxEngine.Planning;

namespace LtxEngine;

/// <summary>
/// A generated clip: its sound, and its frames as a latent that is decoded whenever they are asked for, so that a clip of any length takes
/// little memory. Its pipeline must not be disposed before the frames were taken.
/// </summary>
public sealed class GenerationResult
{
    private readonly LtxPipeline _pipeline;

    internal GenerationResult(LtxPipeline pipeline, ClipOrigin origin, ClipLatents latents, AudioBuffer? audio, RequestClock clock)
    {
        GenerationPlan plan = origin.Plan;
        _pipeline = pipeline;
        Origin = origin;
        Latents = latents;
        Audio = audio?.WithLength(plan.FrameRate.SamplesIn(plan.NumFrames, audio.SampleRate));
        Timings = [.. clock.Timings];
        WorkByStage = [.. clock.Work];
    }

    /// <summary>Width in pixels.</summary>
    public int Width => Plan.Width;

    /// <summary>Height in pixels.</summary>
    public int Height => Plan.Height;

    /// <summary>Number of frames.</summary>
    public int NumFrames => Plan.NumFrames;

    /// <summary>The exact frame rate.</summary>
    public FrameRate FrameRate => Plan.FrameRate;

    /// <summary>How long the clip plays.</summary>
    public TimeSpan Duration => Plan.FrameRate.DurationOf(Plan.NumFrames);

    /// <summary>The sound, exactly as long as the frames; null when the clip has none.</summary>
    public AudioBuffer? Audio { get; }

    /// <summary>The seed that was used: the request's, or the drawn one. The same request with this seed gives the same clip.</summary>
    public long Seed => Plan.Seed;

    /// <summary>The prompt that was used: the request's, or the one that the text model wrote from it.</summary>
    public string Prompt => Plan.Prompt;

    /// <summary>The request's prompt.</summary>
    public string OriginalPrompt => Plan.OriginalPrompt;

    /// <summary>The negative prompt that was used; null where the guidance has no use for one.</summary>
    public string? NegativePrompt => Plan.NegativePrompt;

    /// <summary>Number of denoising steps; of the first stage where there are two.</summary>
    public int NumInferenceSteps => Plan.Stage.Steps;

    /// <summary>Denoising steps, of both stages together, that were taken from <see cref="GenerationRequest.CheckpointDirectory"/>; 0 where nothing was saved there.</summary>
    public int ResumedSteps { get; internal init; }

    /// <summary>How long each stage took until now; decoding and encoding of the frames is told by <see cref="SavedVideo.Timings"/>.</summary>
    public IReadOnlyList<StageTiming> Timings { get; }

    /// <summary>What the denoising took, and what acceleration saved of it.</summary>
    public DenoisingWork Work => new(
        WorkByStage.Sum(stage => stage.Work.ForwardPasses), WorkByStage.Sum(stage => stage.Work.BlockEvaluations), WorkByStage.Sum(stage => stage.Work.SkippedBlockEvaluations));

    /// <summary>The same for each denoising stage: with two stages the second is always computed as a whole, whatever <see cref="GenerationRequest.Acceleration"/> says.</summary>
    public IReadOnlyList<StageWork> WorkByStage { get; }

    /// <summary>Millions of pixels of all frames: width · height · frames / 1,000,000.</summary>
    public double Megapixels => ClipPrice.Megapixels(Width, Height, NumFrames);

    /// <summary>What the hosted endpoint counts for such a clip: whole megapixels, ⌈width · height · frames / 1,000,000⌉.</summary>
    public long PriceUnits => ClipPrice.Units(Width, Height, NumFrames);

    /// <summary>What the user should know: settings that were ignored or replaced.</summary>
    public IReadOnlyList<string> Warnings => Plan.Warnings;

    internal ClipOrigin Origin { get; }

    internal GenerationPlan Plan => Origin.Plan;

    internal ClipLatents Latents { get; }

    /// <summary>
    /// Decodes the frames and writes them with the sound to a video file. The frames stream through the encoder; the file appears
    /// under its name when it is complete.
    /// </summary>
    /// <param name="path">The file; its folder must exist. Its ending must be that of <see cref="GenerationRequest.VideoOutputType"/> or,
    /// where that was null, decides the kind: <c>.mp4</c>, <c>.webm</c>, <c>.mov</c> or <c>.gif</c>.</param>
    /// <param name="options">Overwriting and stored texts; null for the defaults.</param>
    /// <param name="progress">Is told after every frame.</param>
    /// <param name="cancellationToken">Stops and removes what was written.</param>
    /// <returns>The file.</returns>
    /// <exception cref="InvalidRequestException">The path cannot be such a file, or ffmpeg lacks its encoder.</exception>
    /// <exception cref="MediaException">The file exists and must stay, cannot be written, or ffmpeg failed.</exception>
    /// <exception cref="SafetyException">The safety checker was switched on and refused a frame.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline was disposed.</exception>
    public Task<SavedVideo> SaveAsync(
        string path, SaveOptions? options = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        _pipeline.SaveAsync(this, path, options ?? new SaveOptions(), progress, cancellationToken);

    /// <summary>
    /// Decodes the frames and writes them with the sound as a video file to a stream, by way of the system's temporary folder. Its kind is
    /// <see cref="GenerationRequest.VideoOutputType"/>; MP4 where that was null.
    /// </summary>
    /// <param name="stream">Receives the file; need not be able to seek, stays open.</param>
    /// <param name="options">Stored texts; null for the defaults.</param>
    /// <param name="progress">Is told after every frame.</param>
    /// <param name="cancellationToken">Stops; what the stream received until then is no complete file.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ArgumentException">The stream cannot be written.</exception>
    /// <exception cref="InvalidRequestException">ffmpeg lacks the encoder.</exception>
    /// <exception cref="MediaException">ffmpeg failed.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline was disposed.</exception>
    public Task<SavedVideo> WriteToAsync(
        Stream stream, SaveOptions? options = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        _pipeline.WriteToAsync(this, stream, options ?? new SaveOptions(), progress, cancellationToken);

    /// <summary>As <see cref="WriteToAsync"/>, into memory.</summary>
    /// <param name="options">Stored texts; null for the defaults.</param>
    /// <param name="progress">Is told after every frame.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The bytes of the video file.</returns>
    /// <inheritdoc cref="WriteToAsync" path="/exception"/>
    public async Task<byte[]> ToArrayAsync(
        SaveOptions? options = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using MemoryStream bytes = new();
        await WriteToAsync(bytes, options, progress, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }

    /// <summary>Decodes the frames one after the other, without ffmpeg: for hosts that encode or show them themselves.</summary>
    /// <param name="cancellationToken">Stops within one operation of the decoder.</param>
    /// <returns>Every frame in order; a frame is the caller's to keep. Ending the enumeration early stops the decoder.</returns>
    /// <exception cref="SafetyException">The safety checker was switched on and refused a frame.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline was disposed (thrown while enumerating).</exception>
    public async IAsyncEnumerable<VideoFrame> GetFramesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        int index = 0;
        await foreach (VideoChunk chunk in _pipeline.DecodeAsync(this, cancellationToken).ConfigureAwait(false))
        {
            for (int frame = 0; frame < chunk.FrameCount && index < NumFrames; frame++, index++)
            {
                byte[] pixels = new byte[chunk.BytesPerFrame];
                chunk.CopyRgb24(frame, pixels);
                yield return new VideoFrame(index, Width, Height, pixels, FrameRate.DurationOf(index));
            }
        }
    }

    /// <summary>Decodes the frames and writes them as a folder of PNG pictures.</summary>
    /// <param name="folder">The folder to create; it must not exist yet, its parent must.</param>
    /// <param name="cancellationToken">Stops and removes what was written.</param>
    /// <returns>Full path of the folder.</returns>
    /// <exception cref="MediaException">The folder exists or cannot be written, or ffmpeg failed.</exception>
    public async Task<string> SaveFramesAsync(string folder, CancellationToken cancellationToken = default)
    {
        PngSequenceWriter writer = PngSequenceWriter.Create(_pipeline.Ffmpeg, folder, Width, Height);
        await using (writer.ConfigureAwait(false))
        {
            await foreach (VideoFrame frame in GetFramesAsync(cancellationToken).ConfigureAwait(false))
            {
                await writer.WriteFrameAsync(frame.Pixels, cancellationToken).ConfigureAwait(false);
            }

            return await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes the sound as a 16-bit WAV file, without ffmpeg.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="cancellationToken">Stops and removes what was written.</param>
    /// <exception cref="InvalidOperationException">The clip has no sound.</exception>
    /// <exception cref="MediaException">The file exists and must stay, or cannot be written.</exception>
    public Task SaveAudioAsync(string path, bool overwrite = false, CancellationToken cancellationToken = default) =>
        WavFile.WriteAsync(path, Audio ?? throw new InvalidOperationException("The clip has no sound."), overwrite, cancellationToken);
}
