using System.Text;

namespace LtxEngine.Prompting;

/// <summary>The instructions under which the text model expands prompts: text files beside this one, embedded in the assembly.</summary>
internal static class SystemPrompts
{
    /// <summary>For clips made from text alone.</summary>
    public static string TextToVideo { get; } = Read("text-to-video.txt");

    /// <summary>For clips that begin with an image.</summary>
    public static string ImageToVideo { get; } = Read("image-to-video.txt");

    private static string Read(string name)
    {
        using Stream stream = typeof(SystemPrompts).Assembly.GetManifestResourceStream($"SystemPrompts/{name}")
            ?? throw new InvalidOperationException($"The assembly lacks its data file {name}.");
        using StreamReader reader = new(stream, Encoding.UTF8);

        // Token ids must not depend on how a checkout ends its lines.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
