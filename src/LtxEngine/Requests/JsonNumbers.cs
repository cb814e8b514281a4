using System.Globalization;
using System.Text.Json.Nodes;

namespace LtxEngine.Requests;

/// <summary>Numbers in stored requests.</summary>
internal static class JsonNumbers
{
    /// <summary>Writes a number. JSON has no NaN and no infinity; as texts they can be stored, and are refused when they are read.</summary>
    /// <param name="value">The number.</param>
    public static JsonNode Write(double value) =>
        double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture));
}
