using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;

namespace LtxEngine.Networks.Upsampling;

/// <summary>The video VAE's statistics per latent channel: normalised z = (y − mean) / deviation.</summary>
/// <param name="Mean">Mean per channel.</param>
/// <param name="Deviation">Standard deviation per channel.</param>
internal sealed record LatentStatistics(float[] Mean, float[] Deviation)
{
    private const string MeanName = "vae.per_channel_statistics.mean-of-means";
    private const string DeviationName = "vae.per_channel_statistics.std-of-means";

    /// <summary>Reads the statistics of the video VAE in a checkpoint.</summary>
    /// <param name="checkpoint">The main checkpoint.</param>
    /// <exception cref="ModelFormatException">They are missing or do not fit each other.</exception>
    public static LatentStatistics Read(ITensorCollection checkpoint)
    {
        ProblemList problems = new();
        float[] mean = Values(checkpoint, MeanName, problems);
        float[] deviation = Values(checkpoint, DeviationName, problems);
        if (problems.Count == 0 && mean.Length != deviation.Length)
        {
            problems.Add(ModelFormatErrorKind.InvalidTensors, $"Tensor '{DeviationName}' has {deviation.Length} values; {mean.Length} are needed, as in '{MeanName}'.");
        }

        problems.ThrowIfAny(checkpoint.DisplayPath());
        return new LatentStatistics(mean, deviation);
    }

    private static float[] Values(ITensorCollection checkpoint, string name, ProblemList problems)
    {
        if (checkpoint.Tensors.TryGetValue(name, out StoredTensor? tensor) && tensor.Shape.Rank == 1)
        {
            return tensor.ToFloat32Array();
        }

        problems.Add(ModelFormatErrorKind.InvalidTensors, tensor is null ? TensorInspector.MissingTensor(name) : $"Tensor '{name}' has the shape {tensor.Shape}; one dimension is needed.");
        return [];
    }
}
