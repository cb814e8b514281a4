using System.Globalization;
using System.Text.Json;
using LtxEngine.Diffusion.Noise;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Draws of the noise generator.</summary>
internal sealed class NoiseComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "noise";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        string? kind = parameters.GetProperty("generator").GetString();
        if (!string.Equals(kind, "torch_cpu_mt19937", StringComparison.Ordinal))
        {
            throw new UnknownOperationException(Component, kind);
        }

        bool standardise = parameters.OptionalString("post") switch
        {
            null => false,
            "res_2s_standardise" => true,
            string other => throw new UnknownOperationException(Component, other),
        };
        NoiseGenerator generator = new(parameters.OptionalSeed("seed", 0));
        int index = 0;
        foreach (JsonElement draw in parameters.GetProperty("draws").EnumerateArray())
        {
            TensorShape shape = new([.. draw.EnumerateArray().Select(static extent => extent.GetInt64())]);
            float[] values = parameters.GetProperty("dtype").GetString() switch
            {
                "float32" when !standardise => DrawSingle(generator, shape),
                "float64" => DrawDouble(generator, shape, standardise),
                string other => throw new UnknownOperationException(Component, other),
                null => throw new UnknownOperationException(Component, null),
            };
            outputs.Add(string.Create(CultureInfo.InvariantCulture, $"draw_{index}"), new HostTensor(shape, values));
            index++;
        }
    }

    private static float[] DrawSingle(NoiseGenerator generator, TensorShape shape)
    {
        float[] values = new float[shape.ElementCount];
        generator.Fill(values);
        return values;
    }

    private static float[] DrawDouble(NoiseGenerator generator, TensorShape shape, bool standardise)
    {
        double[] values = new double[shape.ElementCount];
        generator.Fill(values);
        if (standardise)
        {
            // "Per batch item over the last two axes": whatever lies before them counts as batch.
            int batch = 1;
            for (int axis = 0; axis < shape.Rank - 2; axis++)
            {
                batch *= (int)shape[axis];
            }

            NoiseStandardisation.Apply(values, batch);
        }

        return Array.ConvertAll(values, static value => (float)value);
    }
}
