using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace LtxEngine.Verification.Components;

/// <summary>Reads optional parameters of a case.</summary>
internal static class JsonParameterExtensions
{
    /// <summary>A number, or the default when it is absent or null.</summary>
    public static double OptionalDouble(this JsonElement parameters, string name, double defaultValue) =>
        TryGet(parameters, name, out JsonElement value) ? value.GetDouble() : defaultValue;

    /// <summary>A boolean, or the default when it is absent or null.</summary>
    public static bool OptionalBoolean(this JsonElement parameters, string name, bool defaultValue) =>
        TryGet(parameters, name, out JsonElement value) ? value.GetBoolean() : defaultValue;

    /// <summary>A string, or null when it is absent or null.</summary>
    public static string? OptionalString(this JsonElement parameters, string name) =>
        TryGet(parameters, name, out JsonElement value) ? value.GetString() : null;

    /// <summary>A seed, written as a number or a string of any length; the generator takes the low 64 bits.</summary>
    public static long OptionalSeed(this JsonElement parameters, string name, long defaultValue)
    {
        if (!TryGet(parameters, name, out JsonElement value))
        {
            return defaultValue;
        }

        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        BigInteger seed = BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return unchecked((long)(ulong)(seed & ulong.MaxValue));
    }

    private static bool TryGet(JsonElement parameters, string name, out JsonElement value) =>
        parameters.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
}
