using LtxEngine.Kernels;

namespace LtxEngine.Networks.Transformer;

/// <summary>Everything that tells one audio-video transformer from another; read from configuration and tensors.</summary>
internal sealed partial record TransformerStructure
{
    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>The video stream.</summary>
    public required StreamStructure Video { get; init; }

    /// <summary>The audio stream, or null in a video-only model.</summary>
    public StreamStructure? Audio { get; init; }

    /// <summary>Inner width of the attentions between the streams; 0 in a video-only model.</summary>
    public int CrossWidth { get; init; }

    /// <summary>Heads of the attentions between the streams.</summary>
    public int CrossHeads { get; init; }

    /// <summary>ε of every norm.</summary>
    public required float Epsilon { get; init; }

    /// <summary>The factor between σ and the timestep of the adaLN heads (1000).</summary>
    public required float TimestepMultiplier { get; init; }

    /// <summary>The factor between σ and the timestep of the heads that gate the attentions between the streams (1000 in the 19B).</summary>
    public required float GateTimestepMultiplier { get; init; }

    /// <summary>θ of the rotary embedding.</summary>
    public required double RotaryTheta { get; init; }

    /// <summary>Where the rotated pairs lie.</summary>
    public required RotaryLayout RotaryLayout { get; init; }

    /// <summary>Whether the frequency grid is computed in float64.</summary>
    public required bool DoublePrecisionRotaryGrid { get; init; }

    /// <summary>Whether a token's position is the middle of its range.</summary>
    public bool UseMiddlePositions { get; init; } = true;
}
