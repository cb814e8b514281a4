using System.Globalization;
using System.Text.Json.Nodes;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Media.Output;
using LtxEngine.Pipeline;
using LtxEngine.Planning;
using Microsoft.Extensions.Logging;

namespace LtxEngine;

/// <content>Clips into files and streams.</content>
public sealed partial class LtxPipeline
{
    /// <summary>
    /// Makes a clip and writes it to a video file as one piece of work: no other request runs between making and writing. The same as
    /// <see cref="GenerateAsync"/> and <see cref="GenerationResult.SaveAsync"/> otherwise, but a GIF is made without computing any sound.
    /// </summary>
    /// <param name="request">What to make, and as which kind of file.</param>
    /// <param name="path">The file; its folder must exist. Its ending must be that of <see cref="GenerationRequest.VideoOutputType"/> or,
    /// where that is null, decides the kind: <c>.mp4</c>, <c>.webm</c>, <c>.mov</c> or <c>.gif</c>.</param>
    /// <param name="options">Overwriting and stored texts; null for the defaults.</param>
    /// <param name="progress">Is told about stages, steps, blocks and frames, on the pipeline's thread.</param>
    /// <param name="cancellationToken">Takes the request out of the queue, or stops it within one device operation; no partial file stays.</param>
    /// <returns>The file, with the clip as <see cref="SavedVideo.Result"/>.</returns>
    /// <inheritdoc cref="GenerateAsync" path="/exception"/>
    public Task<SavedVideo> GenerateToFileAsync(
        GenerationRequest request,
        string path,
        SaveOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(path);
        SaveOptions saveOptions = options ?? new SaveOptions();
        GenerationRequest typed = request with { VideoOutputType = request.VideoOutputType ?? VideoEncodings.TypeOf(path) };
        return RunAsync(
            typed,
            OutputCheck.FindErrors(path, request.VideoOutputType, saveOptions),
            FindMissingEncoderAsync(typed.VideoOutputType, cancellationToken),
            progress,
            (clip, clock, token) => DecodeToFile(clip, path, saveOptions, clock, token),
            cancellationToken);
    }

    /// <summary>
    /// Makes a clip and writes it as a video file to a stream. The file is finished in the system's temporary folder and then copied, because
    /// containers are completed by going back to their beginning; the device serves the next request while it is copied.
    /// </summary>
    /// <param name="request">What to make; <see cref="GenerationRequest.VideoOutputType"/> null gives an MP4 file.</param>
    /// <param name="stream">Receives the file; need not be able to seek, stays open.</param>
    /// <param name="options">Stored texts; null for the defaults. Nothing is overwritten.</param>
    /// <param name="progress">Is told about stages, steps, blocks and frames, on the pipeline's thread.</param>
    /// <param name="cancellationToken">Takes the request out of the queue, or stops it within one device operation.</param>
    /// <returns>What was written, with the clip as <see cref="SavedVideo.Result"/>.</returns>
    /// <exception cref="ArgumentException">The stream cannot be written.</exception>
    /// <inheritdoc cref="GenerateAsync" path="/exception"/>
    public async Task<SavedVideo> GenerateToStreamAsync(
        GenerationRequest request,
        Stream stream,
        SaveOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        CheckWritable(stream);
        SaveOptions saveOptions = (options ?? new SaveOptions()) with { Sidecar = false };
        GenerationRequest typed = request with { VideoOutputType = request.VideoOutputType ?? VideoOutputType.X264 };
        using TemporaryVideo file = new(ExtensionOf(typed.VideoOutputType));
        SavedVideo saved = await RunAsync(
            typed,
            OutputCheck.FindErrors(saveOptions),
            FindMissingEncoderAsync(typed.VideoOutputType, cancellationToken),
            progress,
            (clip, clock, token) => DecodeToFile(clip, file.Path, saveOptions, clock, token),
            cancellationToken).ConfigureAwait(false);
        await file.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
        return WithoutPath(saved);
    }

    internal async Task<SavedVideo> SaveAsync(
        GenerationResult result, string path, SaveOptions options, IProgress<GenerationProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(path);
        IReadOnlyList<RequestError> errors =
        [
            .. await FindMissingEncoderAsync(result.Plan.VideoOutputType ?? VideoEncodings.TypeOf(path), cancellationToken).ConfigureAwait(false),
            .. OutputCheck.FindErrors(path, result.Plan.VideoOutputType, options),
        ];
        if (errors.Count > 0)
        {
            throw new InvalidRequestException(errors);
        }

        RequestClock clock = new(progress, result.Timings);
        return await _queue.RunAsync(
            token =>
            {
                using ClipFile file = StartFile(result.Origin, path, options, token);
                return Save(result, file, path, options, clock, token);
            },
            continuesRequest: true,
            cancellationToken).ConfigureAwait(false);
    }

    internal async Task<SavedVideo> WriteToAsync(
        GenerationResult result, Stream stream, SaveOptions options, IProgress<GenerationProgress>? progress, CancellationToken cancellationToken)
    {
        CheckWritable(stream);
        using TemporaryVideo file = new(ExtensionOf(result.Plan.VideoOutputType));
        SavedVideo saved = await SaveAsync(result, file.Path, options with { Sidecar = false }, progress, cancellationToken).ConfigureAwait(false);
        await file.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
        return WithoutPath(saved);
    }

    /// <summary>A type that is none is the plan's to report.</summary>
    private static string ExtensionOf(VideoOutputType? type) => (type is { } known && Enum.IsDefined(known) ? known : VideoOutputType.X264).FileExtension();

    private static void CheckWritable(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The stream cannot be written.", nameof(stream));
        }
    }

    private static SavedVideo WithoutPath(SavedVideo saved) => saved with
    {
        Path = null,
        FileName = string.Create(CultureInfo.InvariantCulture, $"ltx-{saved.Result.Seed}{Path.GetExtension(saved.FileName)}"),
    };

    /// <summary>Says whether ffmpeg lacks an encoder of the type.</summary>
    private async Task<IReadOnlyList<RequestError>> FindMissingEncoderAsync(VideoOutputType? type, CancellationToken cancellationToken)
    {
        if (type is not { } known || !Enum.IsDefined(known))
        {
            // The plan or the check of the path says so.
            return [];
        }

        return await OutputCheck.FindMissingEncoderAsync(Ffmpeg, known, cancellationToken).ConfigureAwait(false) is { } missing ? [missing] : [];
    }

    /// <summary>Latents to a file with sound. The encoder starts first: its start takes as long as decoding a short clip.</summary>
    private SavedVideo DecodeToFile(DenoisedClip clip, string path, SaveOptions options, RequestClock clock, CancellationToken cancellationToken)
    {
        using ClipFile file = StartFile(clip.Origin, path, options, cancellationToken);
        GenerationResult result = DecodeSound(clip, clock, cancellationToken);
        return Save(result, file, path, options, clock, cancellationToken);
    }

    private ClipFile StartFile(ClipOrigin origin, string path, SaveOptions options, CancellationToken cancellationToken)
    {
        GenerationPlan plan = origin.Plan;
        JsonObject settings = ClipSettings.Create(origin, Defaults, Origin, path => Path.GetFileName(path));
        VideoWriterOptions writerOptions = new()
        {
            Width = plan.Width,
            Height = plan.Height,
            FrameRate = plan.FrameRate,
            FrameCount = plan.NumFrames,
            AudioFollows = plan.Stage.AudioShape is not null,
            Encoding = VideoEncodings.Get(plan.VideoOutputType ?? VideoEncodings.TypeOf(path) ?? VideoOutputType.X264, plan.VideoQuality, plan.VideoWriteMode),
            Overwrite = options.Overwrite,
            Metadata = ClipSettings.Metadata(settings, options, out bool isStored),
        };
        return new ClipFile(Ffmpeg, path, writerOptions, isStored, cancellationToken);
    }

    /// <summary>The end of the way: frames stream from the decoder into the encoder.</summary>
    private SavedVideo Save(GenerationResult result, ClipFile file, string path, SaveOptions options, RequestClock clock, CancellationToken cancellationToken)
    {
        GenerationPlan plan = result.Plan;
        clock.Begin(GenerationStage.VideoDecoding, plan.NumFrames);
        TimedEnumerable<VideoChunk> chunks = new(DecodeChecked(result, clock.TileProgress(plan.NumFrames), cancellationToken));
        using OutputFile? sidecar = options.Sidecar
            ? SidecarFile.WriteAsync(path, ClipSettings.Create(result.Origin, Defaults, Origin, Path.GetFullPath), options.Overwrite, cancellationToken).GetAwaiter().GetResult()
            : null;
        string written = file.Write(result.Audio, chunks, sidecar, clock.FrameProgress(plan.NumFrames), cancellationToken);
        clock.EndDecoding(chunks.Elapsed, plan.NumFrames);
        LtxTelemetry.Frames.Add(plan.NumFrames);
        _log.LogInformation("Wrote {Path}", written);
        FileTiming timing = file.Timing;
        return new SavedVideo
        {
            Result = result,
            Path = written,
            SidecarPath = sidecar?.FinalPath,
            FileName = Path.GetFileName(written),
            FileSize = new FileInfo(written).Length,
            ContentType = file.Encoding.ContentType,
            Width = plan.Width,
            Height = plan.Height,
            NumFrames = timing.FrameCount,
            FrameRate = timing.Rate,
            HasAudio = result.Audio is not null && file.Encoding.HasAudio,
            Timings = [.. clock.Timings],
            Warnings = [.. result.Warnings, .. Warnings(plan, file)],
        };
    }

    private static IEnumerable<string> Warnings(GenerationPlan plan, ClipFile file)
    {
        FileTiming timing = file.Timing;
        if (!file.HoldsSettings)
        {
            yield return $"The settings have more than {MetadataLimits.MaxBytes} bytes, which not every video file can hold, so this one does not: a sidecar holds them.";
        }

        if (timing.FrameCount != plan.NumFrames)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Players slow a {file.Encoding.Name} file down above {timing.Rate} frames per second: the file shows {timing.FrameCount} of the {plan.NumFrames} frames, at {timing.Rate} frames per second, and lasts as long as the clip.");
        }
    }
}
