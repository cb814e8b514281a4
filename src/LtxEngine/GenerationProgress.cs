namespace LtxEngine;

/// <summary>Where a request stands. A value, because one is reported per transformer block and denoising allocates no managed memory.</summary>
public readonly record struct GenerationProgress
{
    /// <summary>A stage of one step that has just begun.</summary>
    public GenerationProgress()
    {
    }

    /// <summary>The stage that runs.</summary>
    public required GenerationStage Stage { get; init; }

    /// <summary>Steps of the stage that are done: written tokens of an expanded prompt, denoising steps, decoded frames, or 0 and 1 where a stage is one step.</summary>
    public int Step { get; init; }

    /// <summary>Steps of the stage.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>Transformer blocks of the running forward pass that are done, or layers of the text model for the next token; 0 outside denoising and prompt expansion.</summary>
    public int Block { get; init; }

    /// <summary>Transformer blocks of a forward pass, or layers of the text model; 0 outside denoising and prompt expansion.</summary>
    public int Blocks { get; init; }

    /// <summary>Number of the running forward pass within its step, from 0; guidance runs up to 4 of them.</summary>
    public int Pass { get; init; }

    /// <summary>Most forward passes of a step; 0 outside denoising and prompt expansion.</summary>
    public int Passes { get; init; }

    /// <summary>Noise level of the latents, 1 … 0; null outside denoising.</summary>
    public double? Sigma { get; init; }

    /// <summary>
    /// What the clip will look like, as far as it can be told: the frame in its middle, at about a quarter of the width and height that the stage makes,
    /// from the model's prediction in the denoising step that has just ended. Set once after each step where <see cref="GenerationRequest.Previews"/> asks
    /// for it, else null.
    /// </summary>
    public VideoFrame? Preview { get; init; }

    /// <summary>Time since the request was handed over.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Time since the stage began.</summary>
    public TimeSpan StageElapsed { get; init; }

    /// <summary>How much of the stage is done, 0 … 1, counting steps, passes and blocks.</summary>
    public double StageFraction
    {
        get
        {
            double inner = Blocks > 0 && Passes > 0 ? (Pass + ((double)Block / Blocks)) / Passes : 0;
            return Steps > 0 ? Math.Clamp((Step + Math.Min(inner, 1)) / Steps, 0, 1) : 0;
        }
    }

    /// <summary>The time that the rest of the stage takes if it goes on at the same speed; null where that cannot be told yet.</summary>
    public TimeSpan? StageRemaining => StageFraction is > 0.01 and < 1
        ? StageElapsed * ((1 - StageFraction) / StageFraction)
        : StageFraction >= 1 ? TimeSpan.Zero : null;
}
