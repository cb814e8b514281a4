using System.Reflection;
using LtxEngine.Server.Http;
using Microsoft.AspNetCore.Http;

namespace LtxEngine.Server.Playground;

/// <summary>The page at <c>/</c>: static files that lie in the assembly. What they show comes from the other routes.</summary>
internal sealed class PlaygroundPage
{
    private const string ResourcePrefix = "Playground/";

    /// <summary>Nothing from elsewhere; pictures and clips may lie at any address that the form or a result names.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src *; img-src * data: blob:; media-src * data: blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly Dictionary<string, string> ContentTypes = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
    };

    private readonly Dictionary<string, byte[]> _files = ReadFiles();

    /// <summary><c>/</c> and <c>/playground/FILE</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="answering">The work; null where the path is none of them.</param>
    public bool TryHandle(ApiRequest request, out Task? answering)
    {
        string? name = request.Segments switch
        {
            [] => "index.html",
            ["playground", { } file] => file,
            _ => null,
        };
        answering = name is not null && _files.TryGetValue(name, out byte[]? content) ? WriteAsync(request, name, content) : null;
        return answering is not null;
    }

    private static Task WriteAsync(ApiRequest request, string name, byte[] content)
    {
        if (request.Method is not ("GET" or "HEAD"))
        {
            throw ApiErrors.WrongMethod("GET");
        }

        HttpResponse response = request.Context.Response;
        if (name == "index.html" && !request.Context.Request.Path.HasValue)
        {
            // The addresses within the page are relative to the folder that it lies in.
            response.Redirect(request.Context.Request.PathBase + "/");
            return Task.CompletedTask;
        }

        response.ContentType = ContentTypes[Path.GetExtension(name)];
        response.ContentLength = content.Length;
        response.Headers.CacheControl = "no-cache";
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        return request.Method == "HEAD" ? Task.CompletedTask : response.Body.WriteAsync(content, request.Aborted).AsTask();
    }

    private static Dictionary<string, byte[]> ReadFiles()
    {
        Assembly assembly = typeof(PlaygroundPage).Assembly;
        Dictionary<string, byte[]> files = new(StringComparer.Ordinal);
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            files.Add(name[ResourcePrefix.Length..], content);
        }

        return files;
    }
}
