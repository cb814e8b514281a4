using System.Security.Cryptography;

namespace LtxEngine.Server.Files;

/// <summary>Ids of files: 128 random bits in 32 hexadecimal digits.</summary>
internal static class FileIds
{
    /// <summary>Draws an id.</summary>
    public static string Create() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Whether a text can be an id; everything else never reaches the disk.</summary>
    /// <param name="text">The text.</param>
    public static bool IsValid(string text) => text.Length == 32 && text.All(c => char.IsAsciiHexDigitLower(c));
}
