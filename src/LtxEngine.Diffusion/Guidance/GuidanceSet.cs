namespace LtxEngine.Diffusion.Guidance;

/// <summary>Validated parameters with the pass that is built from them once.</summary>
internal sealed class GuidanceSet
{
    /// <summary>Validates the parameters and builds the perturbed pass.</summary>
    /// <param name="parameters">The parameters.</param>
    public GuidanceSet(GuidanceParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Validate();
        Parameters = parameters;

        // Each stream is perturbed only where its own STG is on: the other one sees the ordinary stream.
        Perturbed = new GuidancePass
        {
            PerturbedVideoBlocks = parameters.Video.UsesPerturbation ? [.. parameters.Video.StgBlocks] : [],
            PerturbedAudioBlocks = parameters.Audio.UsesPerturbation ? [.. parameters.Audio.StgBlocks] : [],
            StgMode = parameters.StgMode,
        };
    }

    /// <summary>The parameters.</summary>
    public GuidanceParameters Parameters { get; }

    /// <summary>The pass with perturbed self-attention.</summary>
    public GuidancePass Perturbed { get; }

    /// <summary>The most passes one evaluation may run.</summary>
    public int MaximumPasses =>
        1
        + (Parameters.UsesNegative ? 1 : 0)
        + (Parameters.Video.UsesPerturbation || Parameters.Audio.UsesPerturbation ? 1 : 0)
        + (Parameters.Video.UsesModalityIsolation || Parameters.Audio.UsesModalityIsolation ? 1 : 0);
}
