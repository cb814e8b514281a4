namespace LtxEngine.Diffusion.Guidance;

/// <summary>Guidance of video and audio, with the presets of the published pipelines.</summary>
public sealed record GuidanceParameters
{
    /// <summary>Layers of the 19B model, whose STG block the presets scale from.</summary>
    private const int FullSizeLayers = 48;
    private const int FullSizeStgBlock = 29;

    /// <summary>No guidance: one forward pass per step, no negative prompt. For distilled models and second stages. Preset <c>distilled</c>.</summary>
    public static GuidanceParameters Distilled { get; } = new();

    /// <summary>One classifier-free guidance scale of 4 for both modalities. Preset <c>january-15</c>.</summary>
    public static GuidanceParameters January15 { get; } = ForCfg(4);

    /// <summary>Names of the presets, in the order in which they were published.</summary>
    public static IReadOnlyList<string> PresetNames { get; } = ["january-15", "january-29", "distilled"];

    /// <summary>Guidance of the video stream.</summary>
    public ModalityGuidance Video { get; init; } = ModalityGuidance.None;

    /// <summary>Guidance of the audio stream.</summary>
    public ModalityGuidance Audio { get; init; } = ModalityGuidance.None;

    /// <summary>What a perturbed self-attention does.</summary>
    public StgMode StgMode { get; init; } = StgMode.ResidualSkip;

    /// <summary>Whether the loop needs the encoded negative prompt.</summary>
    public bool UsesNegative => Video.UsesNegative || Audio.UsesNegative;

    /// <summary>Plain classifier-free guidance with one scale.</summary>
    /// <param name="scale">The scale; 1 is off.</param>
    public static GuidanceParameters ForCfg(double scale)
    {
        ModalityGuidance guidance = new() { CfgScale = scale };
        return new GuidanceParameters { Video = guidance, Audio = guidance };
    }

    /// <summary>
    /// Multi-modal guidance with the 19B defaults: CFG 3 (video) and 7 (audio), STG 1, modality 3, rescale 0.7. Preset <c>january-29</c>.
    /// </summary>
    /// <param name="layers">Blocks of the transformer; the STG block is <see cref="DefaultStgBlock"/>.</param>
    public static GuidanceParameters January29(int layers)
    {
        ModalityGuidance video = new()
        {
            CfgScale = 3,
            StgScale = 1,
            StgBlocks = [DefaultStgBlock(layers)],
            ModalityScale = 3,
            RescaleScale = 0.7,
        };
        return new GuidanceParameters { Video = video, Audio = video with { CfgScale = 7 } };
    }

    /// <summary>The block that STG perturbs by default: round(29/48·layers), which is 29 in the 19B model.</summary>
    /// <param name="layers">Blocks of the transformer, at least 1.</param>
    public static int DefaultStgBlock(int layers)
    {
        Require.InRange(layers, 1, 100_000, nameof(layers));
        return Math.Min(layers - 1, (int)Math.Round((double)FullSizeStgBlock * layers / FullSizeLayers, MidpointRounding.ToEven));
    }

    /// <summary>Finds a preset by its name.</summary>
    /// <param name="name">One of <see cref="PresetNames"/>.</param>
    /// <param name="layers">Blocks of the transformer.</param>
    /// <exception cref="ArgumentException">There is no such preset.</exception>
    public static GuidanceParameters FromPreset(string name, int layers) => name switch
    {
        "january-15" => January15,
        "january-29" => January29(layers),
        "distilled" => Distilled,
        _ => throw new ArgumentException($"Guidance preset \"{name}\" is unknown; choose one of {string.Join(", ", PresetNames)}.", nameof(name)),
    };

    /// <summary>Refuses values that no run can use.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message says which.</exception>
    public void Validate()
    {
        Video.Validate();
        Audio.Validate();
    }
}
