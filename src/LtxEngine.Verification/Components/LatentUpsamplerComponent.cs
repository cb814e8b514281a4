using LtxEngine.Checkpoints;
using LtxEngine.Networks.Upsampling;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The latent upsamplers, alone or wrapped by the video VAE's statistics.</summary>
internal sealed class LatentUpsamplerComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "latent_upsampler";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        string? wrapper = referenceCase.Parameters.OptionalString("wrapper");
        if (referenceCase.Operation is not null || wrapper is not (null or "upsample_video"))
        {
            throw new UnknownOperationException(Component, referenceCase.Operation ?? wrapper);
        }

        HostTensor latent = referenceCase.Input("latent");
        using SafetensorsFile file = SafetensorsFile.Open(wrapper is null ? referenceCase.Checkpoint : referenceCase.Checkpoints["upscaler"]);
        using LatentUpsampler upsampler = LatentUpsampler.Load(file, context.Device);
        if (wrapper is not null)
        {
            using SafetensorsFile model = SafetensorsFile.Open(referenceCase.Checkpoints["model"]);
            outputs.Add("latent", upsampler.UpsampleVideo(latent, LatentStatistics.Read(model)));
            return;
        }

        CaseProbe probe = new(referenceCase);
        outputs.Add("latent", upsampler.Upsample(latent, probe.IsNeeded("latent") ? probe : null));
        foreach (ExpectedOutput expected in referenceCase.Outputs)
        {
            if (probe.Recorded.TryGetValue(expected.Name, out (float[] Values, int Rows, int Columns) recorded))
            {
                outputs.Add(expected.Name, ChannelsFirst(recorded, expected.Shape));
            }
        }
    }

    /// <summary>[positions, channels] as [1, channels, frames, height, width].</summary>
    private static HostTensor ChannelsFirst((float[] Values, int Rows, int Columns) recorded, TensorShape expected)
    {
        float[] values = new float[recorded.Values.Length];
        for (int row = 0; row < recorded.Rows; row++)
        {
            for (int column = 0; column < recorded.Columns; column++)
            {
                values[(column * recorded.Rows) + row] = recorded.Values[(row * recorded.Columns) + column];
            }
        }

        bool fits = expected.Rank == 5 && expected[1] == recorded.Columns && expected.ElementCount == values.Length;
        return new HostTensor(fits ? expected : new TensorShape(1, recorded.Columns, recorded.Rows), values);
    }
}
