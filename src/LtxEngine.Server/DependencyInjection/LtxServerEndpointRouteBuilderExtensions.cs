using LtxEngine.Server;
using LtxEngine.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the server's routes in a host.</summary>
public static class LtxServerEndpointRouteBuilderExtensions
{
    private const string PathParameter = "path";

    /// <summary>
    /// Maps every path that the host has no route of its own for, below the group that it is called on. The server answers errors itself, in
    /// the form that its clients expect.
    /// </summary>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <returns>Conventions of the route, for example to require a host name.</returns>
    /// <exception cref="InvalidOperationException"><c>AddLtxServer</c> was not called.</exception>
    public static IEndpointConventionBuilder MapLtxEngine(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ApiDispatcher dispatcher = endpoints.ServiceProvider.GetService<ApiDispatcher>()
            ?? throw new InvalidOperationException("Call services.AddLtxServer(…) before app.MapLtxEngine().");
        if (endpoints.ServiceProvider.GetRequiredService<LtxServerOptions>().Metrics)
        {
            endpoints.MapPrometheusScrapingEndpoint("/metrics");
        }

        IEndpointConventionBuilder route = endpoints.Map($"/{{**{PathParameter}}}", (HttpContext context) =>
        {
            MoveGroupToPathBase(context.Request);
            return dispatcher.HandleAsync(context);
        });
        route.Add(builder => ((RouteEndpointBuilder)builder).Order = int.MaxValue);
        return route;
    }

    /// <summary>Routes and the addresses in answers go by path base and path: what the group adds in front belongs to the first.</summary>
    private static void MoveGroupToPathBase(HttpRequest request)
    {
        string path = request.Path.Value ?? string.Empty;
        string below = (request.RouteValues[PathParameter] as string ?? string.Empty).Trim('/');
        string trimmed = path.TrimEnd('/');
        string group = (trimmed.EndsWith(below, StringComparison.Ordinal) ? trimmed[..^below.Length] : string.Empty).TrimEnd('/');
        if (group.Length > 0)
        {
            request.PathBase = request.PathBase.Add(group);
            request.Path = path[group.Length..];
        }
    }
}
