using System.CommandLine.Parsing;

namespace LtxEngine.Cli;

/// <summary>Compute types on the command line, as the field writes them.</summary>
internal static class ComputeTypeArgument
{
    /// <summary>Reads a value.</summary>
    /// <param name="argument">The argument; receives an error that lists the names.</param>
    public static ComputeType Parse(ArgumentResult argument)
    {
        switch (argument.Tokens[0].Value.ToUpperInvariant())
        {
            case "AUTO":
                return ComputeType.Auto;
            case "FP32":
                return ComputeType.Single;
            case "BF16":
                return ComputeType.BrainFloat;
            case "INT8":
                return ComputeType.Int8;
            default:
                argument.AddError($"'{argument.Tokens[0].Value}' is not one of auto, fp32, bf16, int8.");
                return ComputeType.Single;
        }
    }
}
