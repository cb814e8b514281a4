using LtxEngine.Server.Files;

namespace LtxEngine.Server.Http;

/// <summary>Addresses of files: <c>ORIGIN/cdn/files/ID/NAME</c>.</summary>
internal static class FileUrls
{
    /// <summary>The address of a file.</summary>
    /// <param name="origin">Scheme, host and path base of the server.</param>
    /// <param name="file">The file.</param>
    public static string Create(string origin, StoredFile file) => Create(origin, file.Id, file.Name);

    /// <summary>The address of a file.</summary>
    /// <param name="origin">Scheme, host and path base of the server.</param>
    /// <param name="id">Its id.</param>
    /// <param name="name">Its clean name.</param>
    public static string Create(string origin, string id, string name) => $"{origin}/cdn/files/{id}/{name}";
}
