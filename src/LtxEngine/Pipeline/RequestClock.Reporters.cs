using System.Diagnostics;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Prompting;

namespace LtxEngine.Pipeline;

/// <content>Progress of the networks, and decoding and encoding, which interleave.</content>
internal sealed partial class RequestClock
{
    /// <summary>Reports finished layers of the text encoder.</summary>
    public IProgress<TextEncodingProgress> TextProgress() => new Reporter<TextEncodingProgress>(
        value => Report(new GenerationProgress { Stage = GenerationStage.TextEncoding, Step = value.Completed, Steps = value.Total }));

    /// <summary>Reports written tokens, and layers of the text model for the next one.</summary>
    public IProgress<PromptExpansionProgress> ExpansionProgress() => new Reporter<PromptExpansionProgress>(value => Report(new GenerationProgress
    {
        Stage = GenerationStage.PromptExpansion,
        Step = value.Tokens,
        Steps = value.MaximumTokens,
        Block = value.Layer,
        Blocks = value.Layers,
        Passes = 1,
    }));

    /// <summary>Reports decoded tiles as frames.</summary>
    /// <param name="frames">Frames of the clip.</param>
    public IProgress<VideoDecodeProgress> TileProgress(int frames) => new Reporter<VideoDecodeProgress>(value => Report(new GenerationProgress
    {
        Stage = GenerationStage.VideoDecoding,
        Step = (int)((long)frames * value.TilesDone / value.TileCount),
        Steps = frames,
    }));

    /// <summary>Reports written frames.</summary>
    /// <param name="frames">Frames of the clip.</param>
    public Action<int> FrameProgress(int frames) =>
        written => Report(new GenerationProgress { Stage = GenerationStage.Encoding, Step = written, Steps = frames });

    /// <summary>Decoding and encoding are over.</summary>
    /// <param name="decoding">The part of the time that decoding took.</param>
    /// <param name="frames">Frames of the clip.</param>
    public void EndDecoding(TimeSpan decoding, int frames)
    {
        TimeSpan both = Stopwatch.GetElapsedTime(_stageStart);
        Add(new StageTiming(GenerationStage.VideoDecoding, decoding));
        Add(new StageTiming(GenerationStage.Encoding, both - decoding));
        Report(new GenerationProgress { Stage = GenerationStage.Encoding, Step = frames, Steps = frames });
    }

    /// <summary>Reports at once on the working thread, unlike <see cref="Progress{T}"/>.</summary>
    private sealed class Reporter<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
