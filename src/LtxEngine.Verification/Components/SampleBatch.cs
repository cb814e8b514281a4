using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Runs a batch sample by sample where a network takes one at a time.</summary>
internal static class SampleBatch
{
    /// <summary>Runs a function on each sample and joins its outputs along axis 0.</summary>
    /// <param name="batch">How many samples there are.</param>
    /// <param name="run">Computes the outputs of one sample, each with a leading extent of 1.</param>
    public static IReadOnlyDictionary<string, HostTensor> Run(int batch, Func<int, IReadOnlyDictionary<string, HostTensor>> run)
    {
        List<IReadOnlyDictionary<string, HostTensor>> samples = [.. Enumerable.Range(0, batch).Select(run)];
        return samples.Count == 1 ? samples[0] : samples[0].Keys.ToDictionary(name => name, name => Join([.. samples.Select(s => s[name])]), StringComparer.Ordinal);
    }

    /// <summary>One sample of a batched tensor, with a leading extent of 1.</summary>
    public static HostTensor Sample(HostTensor batched, int index)
    {
        int length = checked((int)(batched.Shape.ElementCount / batched.Shape[0]));
        return new HostTensor(new TensorShape([1, .. batched.Shape.Dimensions[1..]]), batched.Data.AsSpan(index * length, length).ToArray());
    }

    private static HostTensor Join(HostTensor[] parts) =>
        new(new TensorShape([parts.Sum(p => p.Shape[0]), .. parts[0].Shape.Dimensions[1..]]), [.. parts.SelectMany(p => p.Data)]);
}
