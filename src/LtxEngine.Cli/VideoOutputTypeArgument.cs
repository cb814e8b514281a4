using System.CommandLine.Parsing;

namespace LtxEngine.Cli;

/// <summary>Reads a kind of video file: its name alone (<c>vp9</c>), or as the hosted endpoint writes it (<c>VP9 (.webm)</c>).</summary>
internal static class VideoOutputTypeArgument
{
    /// <summary>Parses the value.</summary>
    /// <param name="argument">The argument; receives an error that lists the names.</param>
    public static VideoOutputType? Parse(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        string name = text.Split(" (")[0];
        foreach (VideoOutputType type in Enum.GetValues<VideoOutputType>())
        {
            if (string.Equals(type.ToString(), name, StringComparison.OrdinalIgnoreCase))
            {
                return type;
            }
        }

        argument.AddError($"'{text}' is not one of {string.Join(", ", Enum.GetNames<VideoOutputType>()).ToLowerInvariant()}.");
        return null;
    }
}
