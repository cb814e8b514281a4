using System.Text;

namespace LtxEngine.Safety;

/// <summary>The text files beside this one, embedded in the assembly.</summary>
internal static class SafetyData
{
    /// <summary>Reads a file.</summary>
    /// <param name="name">Its name.</param>
    public static string Read(string name)
    {
        using Stream stream = typeof(SafetyData).Assembly.GetManifestResourceStream($"Safety/{name}")
            ?? throw new InvalidOperationException($"The assembly lacks its data file {name}.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
