namespace LtxEngine.Server.Http;

/// <summary>The endpoints that are served, and what of a path names one.</summary>
internal sealed class EndpointNames
{
    private readonly string[] _endpoints;

    /// <summary>Creates the list.</summary>
    /// <param name="options">Names the models.</param>
    public EndpointNames(LtxServerOptions options) => _endpoints = [.. options.AllModels.Keys];

    /// <summary>All of them.</summary>
    public IReadOnlyList<string> All => _endpoints;

    /// <summary>The endpoint that a path is, without its leading slash; null for none.</summary>
    /// <param name="path">The path.</param>
    public string? Find(string path) => Array.Find(_endpoints, endpoint => string.Equals(endpoint, path, StringComparison.Ordinal));

    /// <summary>Whether an endpoint of the app is served.</summary>
    /// <param name="app">Owner and name: <c>fal-ai/ltx-2-19b</c>.</param>
    public bool HasApp(string app) => _endpoints.Any(endpoint => string.Equals(AppOf(endpoint), app, StringComparison.Ordinal));

    /// <summary>The first two parts of an endpoint.</summary>
    /// <param name="endpoint">The endpoint.</param>
    public static string AppOf(string endpoint) => string.Join('/', endpoint.Split('/').Take(2));
}
