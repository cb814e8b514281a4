using System.CommandLine;

namespace LtxEngine.Cli;

/// <summary><c>--preview</c>, with or without the name of a file.</summary>
internal sealed class PreviewOption
{
    private readonly Option<string?> _option = new("--preview")
    {
        Description = "Show the clip while it is denoised: a PNG file that is replaced after each step, by default beside the output with the ending .preview.png.",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Adds the option to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command) => command.Add(_option);

    /// <summary>The file to show the clip in; null where it is not wanted.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="output">The clip.</param>
    /// <param name="overwrite">Whether the file may be there already.</param>
    /// <exception cref="InvalidRequestException">The file cannot be written.</exception>
    public string? Read(ParseResult parsed, string output, bool overwrite)
    {
        if (parsed.GetResult(_option) is not { Implicit: false })
        {
            return null;
        }

        string path = Path.GetFullPath(parsed.GetValue(_option) ?? Path.ChangeExtension(output, ".preview.png"));
        string? allowed = null;
        if (!string.Equals(Path.GetExtension(path), ".png", StringComparison.OrdinalIgnoreCase))
        {
            allowed = "a file name that ends in .png";
        }
        else if (Directory.Exists(path))
        {
            allowed = "the name of a file; this is a folder";
        }
        else if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            allowed = $"a file in a folder that exists; create {Path.GetDirectoryName(path)} first";
        }
        else if (!overwrite && File.Exists(path))
        {
            allowed = "a new file; this one exists already and overwriting was not asked for";
        }

        return allowed is null ? path : throw new InvalidRequestException([new RequestError("preview", $"\"{path}\"", allowed)]);
    }
}
