using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The intermediate tensors that a case asks for.</summary>
internal static class RequestedTaps
{
    /// <summary>The names of all outputs except the network's own results.</summary>
    public static IReadOnlySet<string> Of(ReferenceCase referenceCase, params ReadOnlySpan<string> results)
    {
        HashSet<string> taps = new(referenceCase.Outputs.Select(o => o.Name), StringComparer.Ordinal);
        foreach (string result in results)
        {
            taps.Remove(result);
        }

        return taps;
    }

    /// <summary>Hands over every tensor.</summary>
    public static void AddAll(CaseOutputs outputs, IReadOnlyDictionary<string, HostTensor> tensors)
    {
        foreach ((string name, HostTensor tensor) in tensors)
        {
            outputs.Add(name, tensor);
        }
    }
}
