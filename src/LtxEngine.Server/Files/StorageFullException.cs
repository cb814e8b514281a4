namespace LtxEngine.Server.Files;

/// <summary>The files would take more room than the server was given; nothing was kept.</summary>
internal sealed class StorageFullException() : Exception("The server's storage is full.");
