using LtxEngine.Server.Pictures;

namespace LtxEngine.Server.Webhooks;

/// <summary>Which addresses web hooks may have.</summary>
/// <param name="options">Names the hosts.</param>
internal sealed class WebhookTargets(LtxServerOptions options)
{
    /// <summary>Reads an address.</summary>
    /// <param name="text">The text given.</param>
    /// <returns>The address; null where it may not be used.</returns>
    public Uri? Parse(string text) =>
        GuardedHttp.Parse(text) is { } url && (options.WebhookHosts.Count == 0 || IsListed(url)) ? url : null;

    /// <summary>Whether the configuration names the host, so that it may be a private one.</summary>
    /// <param name="url">The address.</param>
    public bool IsListed(Uri url) =>
        options.WebhookHosts.Contains(url.IdnHost, StringComparer.OrdinalIgnoreCase) || options.WebhookHosts.Contains(url.Authority, StringComparer.OrdinalIgnoreCase);
}
