using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Tensors;

namespace LtxEngine.Verification;

/// <summary>What a runner produced for one case.</summary>
internal sealed class CaseOutputs
{
    private readonly Dictionary<string, HostTensor> _floats = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (TensorShape Shape, long[] Values)> _integers = new(StringComparer.Ordinal);
    private readonly List<OutputReport> _checks = [];
    private readonly HashSet<string> _ownRules = new(StringComparer.Ordinal);

    /// <summary>Float outputs by name.</summary>
    public IReadOnlyDictionary<string, HostTensor> Floats => _floats;

    /// <summary>Integer outputs by name.</summary>
    public IReadOnlyDictionary<string, (TensorShape Shape, long[] Values)> Integers => _integers;

    /// <summary>Checks that follow a rule of the case itself.</summary>
    public IReadOnlyList<OutputReport> Checks => _checks;

    /// <summary>Paths below <c>parameters.expected</c> that <see cref="Check"/> covers instead of the general comparison.</summary>
    public IReadOnlySet<string> OwnRules => _ownRules;

    /// <summary>The actual counterpart of <c>parameters.expected</c>, same structure: every leaf expected must be there.</summary>
    public JsonNode? Expected { get; private set; }

    /// <summary>Adds a float output; a second value of the same name is a mistake of the runner.</summary>
    public void Add(string name, HostTensor tensor) => _floats.Add(name, tensor);

    /// <summary>Adds a float output.</summary>
    public void Add(string name, TensorShape shape, ReadOnlySpan<float> values) => _floats.Add(name, new HostTensor(shape, values.ToArray()));

    /// <summary>Adds an integer output.</summary>
    public void AddIntegers(string name, TensorShape shape, long[] values) => _integers.Add(name, (shape, values));

    /// <summary>Sets the actual counterpart of <c>parameters.expected</c> from a plain object (anonymous types, arrays and dictionaries are fine).</summary>
    public void SetExpected(object actual) => Expected = JsonSerializer.SerializeToNode(actual);

    /// <summary>Sets the actual counterpart of <c>parameters.expected</c>.</summary>
    public void SetExpected(JsonNode actual) => Expected = actual;

    /// <summary>Reports a check that follows a rule of the case itself (a PSNR, a property of a stream).</summary>
    /// <param name="name">What was checked.</param>
    /// <param name="measured">The measured figure.</param>
    /// <param name="limit">The case's limit.</param>
    /// <param name="passed">Whether it holds.</param>
    /// <param name="expectedPath">The path below <c>parameters.expected</c> (<c>a.b</c>) that this check covers, if any.</param>
    public void Check(string name, double measured, double limit, bool passed, string? expectedPath = null)
    {
        _checks.Add(new OutputReport(name, measured, limit, passed));
        if (expectedPath is not null)
        {
            _ownRules.Add(expectedPath);
        }
    }
}
