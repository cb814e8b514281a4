namespace LtxEngine.Checkpoints.Folder;

/// <summary>How the outputs of an image classifier become scores from 0 to 1.</summary>
internal enum ClassifierActivation
{
    /// <summary>One of the labels applies: eᶻ / Σ eᶻ.</summary>
    Softmax,

    /// <summary>Every label applies or not: 1 / (1 + e⁻ᶻ).</summary>
    Sigmoid,

    /// <summary>The outputs are scores.</summary>
    None,
}
