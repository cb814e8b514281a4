using System.Globalization;
using System.Security.Cryptography;

namespace LtxEngine.Pipeline.Resume;

/// <summary>Tells whether a file is still the one that it was, without reading all of a checkpoint of 40 GB.</summary>
internal static class FileIdentity
{
    /// <summary>Parts that are read; a file of up to Parts · PartBytes is read as a whole.</summary>
    private const int Parts = 16;
    private const int PartBytes = 1 << 16;

    /// <summary>
    /// The content and the time of the last change; the name is no part of it, so a folder may be moved.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Of(string path) => string.Create(CultureInfo.InvariantCulture, $"{OfContent(path)}, {File.GetLastWriteTimeUtc(path):O}");

    /// <summary>Length and a SHA-256 of 16 parts spread over the file, the first of which holds a header; the same for every copy.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string OfContent(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[PartBytes];
        long last = Math.Max(0, stream.Length - PartBytes);
        for (int part = 0; part < Parts; part++)
        {
            stream.Position = (long)((Int128)last * part / (Parts - 1));
            hash.AppendData(buffer, 0, stream.ReadAtLeast(buffer, PartBytes, throwOnEndOfStream: false));
        }

        return string.Create(CultureInfo.InvariantCulture, $"{stream.Length} bytes, {Convert.ToHexStringLower(hash.GetHashAndReset())}");
    }
}
