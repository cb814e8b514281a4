using System.CommandLine.Parsing;
using System.Globalization;

namespace LtxEngine.Cli;

/// <summary>Reads <c>FRAME[@STRENGTH]=FILE</c>.</summary>
internal static class FrameImageArgument
{
    /// <summary>Parses every value of the option.</summary>
    /// <param name="result">The values.</param>
    public static FrameImage[] Parse(ArgumentResult result)
    {
        List<FrameImage> images = [];
        foreach (Token token in result.Tokens)
        {
            if (Parse(token.Value) is { } image)
            {
                images.Add(image);
            }
            else
            {
                result.AddError($"--frame-image is \"{token.Value}\"; allowed: FRAME=FILE or FRAME@STRENGTH=FILE, for example 24@0.8=middle.png.");
            }
        }

        return [.. images];
    }

    private static FrameImage? Parse(string value)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1 || string.IsNullOrWhiteSpace(value[(equals + 1)..]))
        {
            return null;
        }

        string[] place = value[..equals].Split('@');
        double strength = 1;
        return place.Length <= 2
            && int.TryParse(place[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int frame)
            && (place.Length == 1 || double.TryParse(place[1], NumberStyles.Float, CultureInfo.InvariantCulture, out strength))
            ? new FrameImage(ImageSource.FromFile(value[(equals + 1)..]), frame, strength)
            : null;
    }
}
