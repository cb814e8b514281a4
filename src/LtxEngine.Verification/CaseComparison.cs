using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Checkpoints;
using LtxEngine.Tensors;

namespace LtxEngine.Verification;

/// <summary>Compares what a runner produced with what the case demands.</summary>
internal static class CaseComparison
{
    /// <summary>Largest relative difference of a float below <c>parameters.expected</c>.</summary>
    private const double ExpectedFloatTolerance = 1e-6;

    /// <summary>Compares every demanded output, every leaf of <c>parameters.expected</c>, and takes over the case's own checks.</summary>
    public static IReadOnlyList<OutputReport> Compare(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        List<OutputReport> reports = [];
        foreach (ExpectedOutput expected in referenceCase.Outputs)
        {
            reports.Add(CompareOutput(expected, referenceCase.Expected(expected.Name), outputs));
        }

        if (referenceCase.Parameters.ValueKind == JsonValueKind.Object
            && referenceCase.Parameters.TryGetProperty("expected", out JsonElement expectedJson))
        {
            CompareJson("expected", string.Empty, JsonNode.Parse(expectedJson.GetRawText()), outputs.Expected, outputs.OwnRules, reports);
        }

        reports.AddRange(outputs.Checks);
        return reports;
    }

    private static OutputReport CompareOutput(ExpectedOutput expected, StoredTensor stored, CaseOutputs outputs)
    {
        if (stored.DataType == DataType.Int64)
        {
            if (!outputs.Integers.TryGetValue(expected.Name, out (TensorShape Shape, long[] Values) actual))
            {
                return new OutputReport(expected.Name, double.NaN, 0, false, "not produced");
            }

            ReadOnlySpan<long> wanted = MemoryMarshal.Cast<byte, long>(stored.Bytes);
            bool equal = actual.Shape == stored.Shape && wanted.SequenceEqual(actual.Values);
            return new OutputReport(expected.Name, equal ? 0 : double.NaN, 0, equal, equal ? null : $"integers differ, shape {actual.Shape}, expected {stored.Shape}");
        }

        if (!outputs.Floats.TryGetValue(expected.Name, out HostTensor? tensor))
        {
            return new OutputReport(expected.Name, double.NaN, expected.MaxRelativeRms, false, "not produced");
        }

        if (tensor.Shape != stored.Shape)
        {
            return new OutputReport(expected.Name, double.NaN, expected.MaxRelativeRms, false, $"shape {tensor.Shape}, expected {stored.Shape}");
        }

        double error = RelativeRms(tensor.Data, stored.ToFloat32Array());
        return new OutputReport(expected.Name, error, expected.MaxRelativeRms, error <= expected.MaxRelativeRms);
    }

    /// <summary>rms(actual − expected) / rms(expected) in double; equal infinities and NaNs at the same place count as equal.</summary>
    internal static double RelativeRms(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        double difference = 0;
        double magnitude = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(actual[i]) == BitConverter.SingleToInt32Bits(expected[i]) || (float.IsNaN(actual[i]) && float.IsNaN(expected[i])))
            {
                magnitude += float.IsFinite(expected[i]) ? (double)expected[i] * expected[i] : 0;
                continue;
            }

            double d = (double)actual[i] - expected[i];
            difference += d * d;
            magnitude += (double)expected[i] * expected[i];
        }

        return difference == 0 ? 0 : Math.Sqrt(difference / magnitude);
    }

    private static void CompareJson(string label, string path, JsonNode? expected, JsonNode? actual, IReadOnlySet<string> ownRules, List<OutputReport> reports)
    {
        if (path.Length > 0 && ownRules.Contains(path))
        {
            return;
        }

        switch (expected)
        {
            case JsonObject expectedObject:
                foreach ((string name, JsonNode? value) in expectedObject)
                {
                    string inner = path.Length == 0 ? name : path + "." + name;
                    JsonNode? actualValue = actual is JsonObject actualObject ? actualObject[name] : null;
                    CompareJson(label + "." + name, inner, value, actualValue, ownRules, reports);
                }

                break;
            case JsonArray expectedArray:
                if (actual is not JsonArray actualArray || actualArray.Count != expectedArray.Count)
                {
                    reports.Add(new OutputReport(label, double.NaN, 0, false, $"expected an array of {expectedArray.Count}, got {Describe(actual)}"));
                    break;
                }

                int before = reports.Count;
                for (int i = 0; i < expectedArray.Count; i++)
                {
                    CompareJson($"{label}[{i}]", path, expectedArray[i], actualArray[i], ownRules, reports);
                }

                CollapsePassed(label, before, reports);
                break;
            default:
                reports.Add(CompareLeaf(label, expected, actual));
                break;
        }
    }

    /// <summary>Keeps one line for an array whose elements all passed: the worst of them.</summary>
    private static void CollapsePassed(string label, int before, List<OutputReport> reports)
    {
        List<OutputReport> added = reports.GetRange(before, reports.Count - before);
        if (added.Count > 0 && added.TrueForAll(r => r.Passed))
        {
            reports.RemoveRange(before, added.Count);
            OutputReport worst = added.MaxBy(r => r.Error)!;
            reports.Add(worst with { Name = label });
        }
    }

    private static OutputReport CompareLeaf(string label, JsonNode? expected, JsonNode? actual)
    {
        if (expected is null || actual is null)
        {
            bool bothNull = expected is null && actual is null;
            return new OutputReport(label, bothNull ? 0 : double.NaN, 0, bothNull, bothNull ? null : $"expected {Describe(expected)}, got {Describe(actual)}");
        }

        JsonValueKind kind = expected.GetValueKind();
        if (kind == JsonValueKind.Number && actual.GetValueKind() == JsonValueKind.Number)
        {
            double wanted = expected.GetValue<JsonElement>().GetDouble();
            double got = JsonSerializer.Deserialize<double>(actual);
            double error = wanted == got ? 0 : Math.Abs(got - wanted) / Math.Max(Math.Abs(wanted), double.Epsilon);
            bool integer = expected.GetValue<JsonElement>().TryGetInt64(out _) && got == Math.Floor(got);
            double limit = integer && wanted != got ? 0 : ExpectedFloatTolerance;
            return new OutputReport(label, error, limit, error <= limit, error <= limit ? null : $"expected {wanted:R}, got {got:R}");
        }

        bool equal = JsonNode.DeepEquals(expected, actual);
        return new OutputReport(label, equal ? 0 : double.NaN, 0, equal, equal ? null : $"expected {Describe(expected)}, got {Describe(actual)}");
    }

    private static string Describe(JsonNode? node)
    {
        string text = node?.ToJsonString() ?? "nothing";
        return text.Length <= 80 ? text : text[..77] + "…";
    }
}
