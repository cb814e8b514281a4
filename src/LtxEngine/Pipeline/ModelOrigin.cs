namespace LtxEngine.Pipeline;

/// <summary>Which model a clip came from.</summary>
/// <param name="Name">Name of the model folder, for people.</param>
/// <param name="Checkpoint">Name of the checkpoint, for people.</param>
/// <param name="Fingerprint">What tells the checkpoint's content from others: <see cref="Resume.FileIdentity.OfContent"/>.</param>
internal sealed record ModelOrigin(string Name, string Checkpoint, string Fingerprint);
