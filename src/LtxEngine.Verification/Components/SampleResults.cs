using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Collects the results of the samples of a batch.</summary>
internal sealed class SampleResults
{
    private readonly Dictionary<string, List<(float[] Values, int Rows, float[]? Timesteps)>> _samples = new(StringComparer.Ordinal);

    /// <summary>Adds the next sample's result.</summary>
    /// <param name="name">Name of the output.</param>
    /// <param name="values">[rows, columns].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="timesteps">For rows per distinct timestep: the timestep of every token.</param>
    public void Add(string name, float[] values, int rows, float[]? timesteps = null)
    {
        if (!_samples.TryGetValue(name, out List<(float[] Values, int Rows, float[]? Timesteps)>? samples))
        {
            samples = [];
            _samples.Add(name, samples);
        }

        samples.Add((values, rows, timesteps));
    }

    /// <summary>The samples one after the other, in the demanded shape when the number of values fits it.</summary>
    /// <param name="expected">The demanded output.</param>
    public HostTensor? Find(ExpectedOutput expected)
    {
        if (!_samples.TryGetValue(expected.Name, out List<(float[] Values, int Rows, float[]? Timesteps)>? samples))
        {
            return null;
        }

        float[] all = [.. samples.SelectMany(s => s.Values)];
        if (all.Length != expected.Shape.ElementCount)
        {
            // A case may store modulation rows once per distinct timestep or once per token.
            all = [.. samples.SelectMany(s => s.Timesteps is null ? s.Values : PerToken(s.Values, s.Rows, s.Timesteps))];
        }

        return new HostTensor(all.Length == expected.Shape.ElementCount ? expected.Shape : new TensorShape(all.Length), all);
    }

    private static float[] PerToken(float[] values, int rows, float[] timesteps)
    {
        int columns = values.Length / rows;
        float[] result = new float[timesteps.Length * columns];
        List<float> distinct = [];
        for (int token = 0; token < timesteps.Length; token++)
        {
            int row = distinct.IndexOf(timesteps[token]);
            if (row < 0)
            {
                row = distinct.Count;
                distinct.Add(timesteps[token]);
            }

            values.AsSpan(row * columns, columns).CopyTo(result.AsSpan(token * columns, columns));
        }

        return result;
    }
}
