using LtxEngine.Networks;

namespace LtxEngine.Verification.Components;

/// <summary>Keeps the intermediate results that a case demands.</summary>
/// <param name="referenceCase">The case.</param>
internal sealed class CaseProbe(ReferenceCase referenceCase) : ITensorProbe
{
    private readonly Dictionary<string, (float[] Values, int Rows, int Columns)> _recorded = new(StringComparer.Ordinal);

    /// <summary>What was recorded since the last <see cref="Clear"/>.</summary>
    public IReadOnlyDictionary<string, (float[] Values, int Rows, int Columns)> Recorded => _recorded;

    /// <summary>Whether the case demands any of the names other than those given.</summary>
    /// <param name="results">Names of final results.</param>
    public bool IsNeeded(params ReadOnlySpan<string> results)
    {
        foreach (ExpectedOutput output in referenceCase.Outputs)
        {
            if (!results.Contains(output.Name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => _recorded.Clear();

    /// <inheritdoc/>
    public bool Wants(string name) => referenceCase.Wants(name);

    /// <inheritdoc/>
    public void Record(string name, ReadOnlySpan<float> values, int rows, int columns) => _recorded[name] = (values.ToArray(), rows, columns);
}
