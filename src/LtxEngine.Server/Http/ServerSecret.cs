using System.Security.Cryptography;

namespace LtxEngine.Server.Http;

/// <summary>The server's own secret: 32 random bytes, kept beside its data so that what it signed stays valid over restarts.</summary>
internal sealed class ServerSecret
{
    private readonly byte[] _bytes;

    /// <summary>Creates a secret from its bytes.</summary>
    /// <param name="bytes">32 bytes.</param>
    public ServerSecret(byte[] bytes) => _bytes = bytes;

    /// <summary>Reads the secret of a folder, or draws one; only the owner may read the file.</summary>
    /// <param name="folder">The data folder.</param>
    public static ServerSecret Load(string folder)
    {
        string path = Path.Combine(folder, "secret");
        if (File.Exists(path) && File.ReadAllBytes(path) is { Length: 32 } found)
        {
            return new ServerSecret(found);
        }

        byte[] drawn = RandomNumberGenerator.GetBytes(32);
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        string temporary = path + ".new";
        File.Delete(temporary);
        using (FileStream file = new(temporary, options))
        {
            file.Write(drawn);
        }

        File.Move(temporary, path, overwrite: true);
        return new ServerSecret(drawn);
    }

    /// <summary>A key for one purpose: HKDF-SHA-256 of the secret.</summary>
    /// <param name="purpose">The purpose.</param>
    /// <returns>32 bytes.</returns>
    public byte[] DeriveKey(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _bytes, 32, info: System.Text.Encoding.UTF8.GetBytes(purpose));
}
