using LtxEngine;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the engine in a host's container.</summary>
public static class LtxEngineServiceCollectionExtensions
{
    /// <summary>Registers <see cref="LtxPipelineHost"/> as a singleton that loads the model when it is first asked for it.</summary>
    /// <param name="services">The container.</param>
    /// <param name="options">What to load. Where the options name none, log lines go to the host's logging, and a registered <see cref="ISafetyChecker"/> judges requests.</param>
    /// <returns>The container.</returns>
    public static IServiceCollection AddLtxEngine(this IServiceCollection services, LtxPipelineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return services.AddLtxEngine(_ => options);
    }

    /// <summary>Registers <see cref="LtxPipelineHost"/> with options that are made when the host is first resolved.</summary>
    /// <param name="services">The container.</param>
    /// <param name="createOptions">Makes the options, for example from the host's configuration.</param>
    /// <returns>The container.</returns>
    public static IServiceCollection AddLtxEngine(this IServiceCollection services, Func<IServiceProvider, LtxPipelineOptions> createOptions)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(createOptions);
        services.TryAddSingleton(provider => new LtxPipelineHost(createOptions(provider), provider.GetService<ILoggerFactory>(), provider.GetService<ISafetyChecker>()));
        return services;
    }
}
