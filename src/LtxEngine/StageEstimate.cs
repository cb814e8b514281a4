namespace LtxEngine;

/// <summary>What one stage of a request will take.</summary>
public sealed record StageEstimate
{
    /// <summary>The stage.</summary>
    public required GenerationStage Stage { get; init; }

    /// <summary>Width in pixels of what the stage works on; 0 where it has none.</summary>
    public int Width { get; init; }

    /// <summary>Height in pixels, as <see cref="Width"/>.</summary>
    public int Height { get; init; }

    /// <summary>Frames of what the stage works on: 8n + 1 where the model makes them; 0 where it has none.</summary>
    public int Frames { get; init; }

    /// <summary>Video tokens of a forward pass, those of images behind the first frame included; 0 where the stage has none.</summary>
    public int VideoTokens { get; init; }

    /// <summary>Audio tokens of a forward pass; 0 where the stage has none.</summary>
    public int AudioTokens { get; init; }

    /// <summary>The noise levels that are walked; empty where the stage does not denoise.</summary>
    public IReadOnlyList<double> Sigmas { get; init; } = [];

    /// <summary>Denoising steps; 0 where the stage does not denoise.</summary>
    public int Steps => Math.Max(0, Sigmas.Count - 1);

    /// <summary>Forward passes of the transformer, all of guidance included. Acceleration can only lower the work of some.</summary>
    public int ForwardPasses { get; init; }

    /// <summary>
    /// Floating-point operations of the stage's networks, in 10¹²: products, convolutions and attention, two for each multiplication with addition.
    /// Prompts count at their full length; 0 for stages without a network.
    /// </summary>
    public double TeraFlops { get; init; }

    /// <summary>Bytes of the stage's network as it is held, with LoRAs; of a streamed transformer the blocks in memory.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes of activations, workspaces and what is computed from the prompt: the sum of <see cref="WorkingParts"/>.</summary>
    public long WorkingBytes => WorkingParts.Sum(part => part.Bytes);

    /// <summary>What <see cref="WorkingBytes"/> consists of.</summary>
    public required IReadOnlyList<MemoryPart> WorkingParts { get; init; }

    /// <summary>Bytes of other networks that stay loaded meanwhile.</summary>
    public long KeptBytes { get; init; }
}
