using LtxEngine.Diffusion.Conditioning;

namespace LtxEngine.Planning;

/// <summary>A request with every default filled in and every value checked: what the stages go by.</summary>
internal sealed record GenerationPlan
{
    /// <summary>The prompt that the clip is made from: the request's, or once it is written the expanded one.</summary>
    public required string Prompt { get; init; }

    /// <summary>The request's prompt.</summary>
    public required string OriginalPrompt { get; init; }

    /// <summary>Whether the safety checker is asked.</summary>
    public bool ChecksSafety { get; init; }

    /// <summary>Whether the text model is to expand the prompt.</summary>
    public bool ExpandsPrompt { get; init; }

    /// <summary>The negative prompt; null where the guidance never asks for it.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>The images, by frame.</summary>
    public IReadOnlyList<PlannedImage> Images { get; init; } = [];

    /// <summary>How long images behind the first frame last on the time axis.</summary>
    public KeyframeTimeExtent KeyframeTimeExtent { get; init; } = KeyframeTimeExtent.OneFrame;

    /// <summary>Width of the clip in pixels, even; the middle of what the last stage makes.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the clip in pixels, even.</summary>
    public required int Height { get; init; }

    /// <summary>Frames that the clip has at the end; the model makes the next 8n + 1.</summary>
    public required int NumFrames { get; init; }

    /// <summary>The exact rate of the file.</summary>
    public required FrameRate FrameRate { get; init; }

    /// <summary>The seed, drawn where the request has none.</summary>
    public required long Seed { get; init; }

    /// <summary>The denoise loop; with two stages the first, at half the width and height.</summary>
    public required DenoiseStage Stage { get; init; }

    /// <summary>The loop that refines the upscaled latent; null with one stage.</summary>
    public DenoiseStage? SecondStage { get; init; }

    /// <summary>The stages in order.</summary>
    public IEnumerable<DenoiseStage> Stages => SecondStage is null ? [Stage] : [Stage, SecondStage];

    /// <summary>Whether progress shows the clip while it is denoised.</summary>
    public bool ShowsPreviews { get; init; }

    /// <summary>What each stage needs, and where the weights stay; null until a loaded model has added it up.</summary>
    public MemoryPlan? Memory { get; init; }

    /// <summary>Kind of file; null where the file's ending decides.</summary>
    public VideoOutputType? VideoOutputType { get; init; }

    /// <summary>How close the file stays to the frames.</summary>
    public VideoQuality VideoQuality { get; init; } = VideoQuality.High;

    /// <summary>What the encoder spends time on.</summary>
    public VideoWriteMode VideoWriteMode { get; init; } = VideoWriteMode.Balanced;

    /// <summary>What the user should know although the request can be run.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
