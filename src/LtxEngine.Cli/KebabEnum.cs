using System.CommandLine.Parsing;
using System.Text.Json;

namespace LtxEngine.Cli;

/// <summary>Enumerations on the command line: the names in kebab case.</summary>
internal static class KebabEnum
{
    /// <summary>Reads a value.</summary>
    /// <param name="argument">The argument; receives an error that lists the names.</param>
    public static T Parse<T>(ArgumentResult argument)
        where T : struct, Enum
    {
        string text = argument.Tokens[0].Value;
        foreach (T value in Enum.GetValues<T>())
        {
            if (string.Equals(Name(value), text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        argument.AddError($"'{text}' is not one of {string.Join(", ", Enum.GetValues<T>().Select(Name))}.");
        return default;
    }

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
