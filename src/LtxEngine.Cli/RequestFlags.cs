namespace LtxEngine.Cli;

/// <summary>How fields of a request are called on the command line: their own names in kebab case, with these exceptions.</summary>
internal static class RequestFlags
{
    /// <summary>Whether a flag adds one item to a list each time it is given.</summary>
    /// <param name="field">The field's name.</param>
    public static bool IsRepeated(string field) => field is "images" or "loras";

    /// <summary>The flag of a field.</summary>
    /// <param name="field">The field's name; what follows it in the name of a place inside it does not matter.</param>
    public static string Of(string field) => field.Split('[', '.')[0] switch
    {
        "loras" => "--lora",
        "images" => "--frame-image",
        "image_url" => "--image",
        "end_image_url" => "--end-image",
        "checkpoint_directory" => "--checkpoint-dir",
        { } name => "--" + name.Replace('_', '-'),
    };
}
