using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Diffusion.Schedules;

namespace LtxEngine.Requests;

/// <summary>
/// Noise levels in requests: a name (<c>ltx</c>: the shift of the 19B reference whatever the size; <c>ltx-token-shift</c>: the shift grows
/// with the tokens of the clip; <c>distilled</c>), a list of sigmas, or an object with the settings of the LTX-2 schedule.
/// </summary>
internal static class SigmaScheduleValue
{
    private const string Ltx = "ltx";
    private const string LtxTokenShift = "ltx-token-shift";
    private const string Distilled = "distilled";
    private const int MostTokens = int.MaxValue;
    private const string AllowedNumber = "a finite number";

    private static readonly string[] Members = ["name", "shift_tokens", "max_shift", "base_shift", "stretch", "terminal"];
    private static readonly string[] Names = [Ltx, LtxTokenShift, Distilled];

    /// <summary>What is allowed, for people.</summary>
    public const string Allowed = "ltx, ltx-token-shift, distilled, or sigmas that fall from at most 1, such as 1,0.9,0.5,0";

    /// <summary>Reads a schedule.</summary>
    public static ISigmaSchedule? Read(JsonElement value, FieldPath path, FieldReader reader)
    {
        JsonElement unfolded = FieldReader.Unfold(value);
        return unfolded.ValueKind switch
        {
            JsonValueKind.Object => ReadObject(unfolded, path, reader),
            JsonValueKind.String when IsList(unfolded) => ReadList(unfolded, path, reader),
            JsonValueKind.Array => ReadList(unfolded, path, reader),
            _ => Create(reader.Choice(unfolded, path, Names)),
        };
    }

    /// <summary>Writes a schedule; own ones by the name of their type, which no reader takes.</summary>
    public static JsonNode? Write(ISigmaSchedule? schedule) => schedule switch
    {
        null => null,
        FixedSigmaSchedule own => own.Sigmas.SequenceEqual(FixedSigmaSchedule.DistilledStage1.Sigmas)
            ? JsonValue.Create(Distilled)
            : new JsonArray([.. own.Sigmas.ToArray().Select(sigma => (JsonNode)JsonValue.Create(sigma))]),
        LtxSigmaSchedule own => WriteLtx(own),
        _ => JsonValue.Create(schedule.GetType().FullName),
    };

    private static JsonNode WriteLtx(LtxSigmaSchedule own)
    {
        LtxSigmaSchedule plain = new();
        bool hasPlainCurve = (own.MaxShift, own.BaseShift, own.Stretch, own.Terminal) == (plain.MaxShift, plain.BaseShift, plain.Stretch, plain.Terminal);
        return hasPlainCurve && own.ShiftTokens == plain.ShiftTokens ? JsonValue.Create(Ltx)
            : hasPlainCurve && own.ShiftTokens is null ? JsonValue.Create(LtxTokenShift)
            : new JsonObject
            {
                ["name"] = own.ShiftTokens is null ? LtxTokenShift : Ltx,
                ["shift_tokens"] = own.ShiftTokens,
                ["max_shift"] = JsonNumbers.Write(own.MaxShift),
                ["base_shift"] = JsonNumbers.Write(own.BaseShift),
                ["stretch"] = own.Stretch,
                ["terminal"] = JsonNumbers.Write(own.Terminal),
            };
    }

    /// <summary>A list written as text begins with a number.</summary>
    private static bool IsList(JsonElement value) =>
        JsonTexts.TryRead(value, out string text) && text.AsSpan().TrimStart() is [>= '0' and <= '9' or '.' or '-' or '+', ..];

    private static FixedSigmaSchedule? ReadList(JsonElement value, FieldPath path, FieldReader reader)
    {
        if (reader.List(value, path, Allowed, (item, place) => reader.Number(item, place, "0 … 1", 0, 1), separator: ',') is not { } sigmas)
        {
            return null;
        }

        try
        {
            return new FixedSigmaSchedule([.. sigmas.Cast<double>()]);
        }
        catch (ArgumentException)
        {
            return (FixedSigmaSchedule?)reader.FailValue(path, value, "at least 2 sigmas, each smaller than the one before, from at most 1 to normally 0");
        }
    }

    private static LtxSigmaSchedule? ReadObject(JsonElement value, FieldPath path, FieldReader reader)
    {
        if (!reader.IsObject(value, path, Members))
        {
            return null;
        }

        string? name = FieldReader.Member(value, "name") is { } given ? reader.Choice(given, path.Member("name"), [Ltx, LtxTokenShift]) : Ltx;
        LtxSigmaSchedule plain = new();
        long? tokens = FieldReader.Member(value, "shift_tokens") is { } count
            ? reader.Integer(count, path.Member("shift_tokens"), $"1 … {MostTokens}", 1, MostTokens)
            : plain.ShiftTokens;
        double? largest = Number("max_shift", plain.MaxShift);
        double? smallest = Number("base_shift", plain.BaseShift);
        bool? stretch = FieldReader.Member(value, "stretch") is { } flag ? reader.Boolean(flag, path.Member("stretch")) : plain.Stretch;
        double? terminal = Number("terminal", plain.Terminal);
        return name is null || tokens is null || largest is null || smallest is null || stretch is null || terminal is null
            ? null
            : new LtxSigmaSchedule
            {
                ShiftTokens = string.Equals(name, Ltx, StringComparison.Ordinal) ? (int)tokens.Value : null,
                MaxShift = largest.Value,
                BaseShift = smallest.Value,
                Stretch = stretch.Value,
                Terminal = terminal.Value,
            };

        double? Number(string member, double plainValue) =>
            FieldReader.Member(value, member) is { } number ? reader.Number(number, path.Member(member), AllowedNumber) : plainValue;
    }

    private static ISigmaSchedule? Create(string? name) => name switch
    {
        Ltx => new LtxSigmaSchedule(),
        LtxTokenShift => new LtxSigmaSchedule { ShiftTokens = null },
        Distilled => FixedSigmaSchedule.DistilledStage1,
        _ => null,
    };
}
