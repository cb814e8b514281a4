using System.Text.Json;

namespace LtxEngine.Cli.Batch;

/// <summary>One line of a jobs file.</summary>
/// <param name="Number">Its number in the file, from 1.</param>
/// <param name="Fields">Its fields, an object; the cells of a table are texts.</param>
internal sealed record JobLine(int Number, JsonElement Fields);
