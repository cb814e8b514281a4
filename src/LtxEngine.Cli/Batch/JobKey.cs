using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LtxEngine.Pipeline.Resume;

namespace LtxEngine.Cli.Batch;

/// <summary>Tells whether a clip is still the one that was asked for before: its name and line, its pictures and LoRA files, and the model.</summary>
internal static class JobKey
{
    /// <summary>Computes the key.</summary>
    /// <param name="job">The clip.</param>
    /// <param name="model">What tells the model apart.</param>
    /// <returns>SHA-256 in hexadecimal digits.</returns>
    public static string Of(BatchJob job, string model)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{model}\n{job.Output}\n{job.Clip}\n{job.Fields}\n");
        foreach (string file in job.Files)
        {
            text.Append(Content(file)).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>A file that cannot be read is reported by the check of its job, with the name of its field.</summary>
    private static string Content(string file)
    {
        try
        {
            return FileIdentity.OfContent(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "unreadable";
        }
    }
}
