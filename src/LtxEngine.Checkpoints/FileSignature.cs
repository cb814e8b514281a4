namespace LtxEngine.Checkpoints;

/// <summary>Recognises files of other formats by their first bytes, so that the error says what they are instead of "damaged".</summary>
internal static class FileSignature
{
    /// <summary>How many bytes the longest signature needs.</summary>
    public const int LongestBytes = 16;

    /// <summary>Refuses a file of a known other format.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="start">Its first bytes.</param>
    /// <exception cref="ModelFormatException">The file is of another format.</exception>
    public static void RefuseOtherFormats(string path, ReadOnlySpan<byte> start)
    {
        string? problem = start switch
        {
            _ when start.StartsWith("GGUF"u8) =>
                "The file is a GGUF file (llama.cpp, ComfyUI-GGUF), which this engine does not read; use the original safetensors file.",
            _ when start.StartsWith("PK\u0003\u0004"u8) =>
                "The file is a zip archive (a PyTorch .pt or .ckpt file or a packed folder), which this engine does not read; use the original safetensors file.",
            _ when start.StartsWith("version https://"u8) =>
                "The file is a Git LFS pointer, not the model itself; fetch the content with 'git lfs pull'.",
            _ when start.StartsWith("<!DOCTYPE"u8) || start.StartsWith("<!doctype"u8) || start.StartsWith("<html"u8) =>
                "The file is a web page, probably the answer of a download that needs a login; download the model again.",
            _ => null,
        };
        if (problem is not null)
        {
            throw new ModelFormatException(path, ModelFormatErrorKind.UnsupportedFormat, problem);
        }
    }
}
