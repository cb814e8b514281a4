using Microsoft.Extensions.Logging;

namespace LtxEngine;

/// <summary>Keeps one pipeline for a host: loads it when it is first asked for, disposes it with the container. Thread-safe.</summary>
public sealed class LtxPipelineHost : IAsyncDisposable
{
    private readonly LtxPipelineOptions _options;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private LtxPipeline? _pipeline;
    private bool _disposed;

    /// <summary>Creates a host; nothing is loaded yet.</summary>
    /// <param name="options">What to load.</param>
    /// <param name="loggerFactory">Receives log lines where the options name no logging of their own; null for none.</param>
    /// <param name="safetyChecker">Judges requests where the options name no checker of their own; null for the engine's.</param>
    public LtxPipelineHost(LtxPipelineOptions options, ILoggerFactory? loggerFactory = null, ISafetyChecker? safetyChecker = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.WithServices(loggerFactory, safetyChecker);
    }

    /// <summary>The pipeline; loaded by the first call. A call that fails leaves it to the next one to try again.</summary>
    /// <param name="cancellationToken">Stops waiting, and loading where this call does it.</param>
    /// <returns>The pipeline; it belongs to the host, so do not dispose it.</returns>
    /// <exception cref="ModelFormatException">The model cannot be used.</exception>
    /// <exception cref="DeviceUnavailableException">The device asked for cannot be used.</exception>
    /// <exception cref="ObjectDisposedException">The host was disposed.</exception>
    public async Task<LtxPipeline> GetPipelineAsync(CancellationToken cancellationToken = default)
    {
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _pipeline ??= await LtxPipeline.LoadAsync(_options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _loading.WaitAsync().ConfigureAwait(false);
        try
        {
            _disposed = true;
            if (_pipeline is not null)
            {
                await _pipeline.DisposeAsync().ConfigureAwait(false);
                _pipeline = null;
            }
        }
        finally
        {
            _loading.Release();
        }
    }
}
