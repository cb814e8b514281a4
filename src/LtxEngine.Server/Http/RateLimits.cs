using System.Threading.RateLimiting;

namespace LtxEngine.Server.Http;

/// <summary>Limits how often one caller submits, runs and uploads.</summary>
internal sealed class RateLimits : IDisposable
{
    private readonly PartitionedRateLimiter<string>? _limiter;

    /// <summary>Creates the limits.</summary>
    /// <param name="requestsPerMinute">Requests of one caller in a minute; 0 for no limit.</param>
    public RateLimits(int requestsPerMinute) => _limiter = requestsPerMinute == 0
        ? null
        : PartitionedRateLimiter.Create<string, string>(caller => RateLimitPartition.GetTokenBucketLimiter(caller, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = requestsPerMinute,
            TokensPerPeriod = Math.Max(1, requestsPerMinute / 60),
            ReplenishmentPeriod = TimeSpan.FromMinutes(1.0 / requestsPerMinute * Math.Max(1, requestsPerMinute / 60)),
            QueueLimit = 0,
        }));

    /// <summary>Counts a request.</summary>
    /// <param name="caller">Who asks.</param>
    /// <exception cref="ApiErrorException">429.</exception>
    public void Count(string caller)
    {
        using RateLimitLease? lease = _limiter?.AttemptAcquire(caller);
        if (lease is { IsAcquired: false })
        {
            int seconds = lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : 1;
            throw new ApiErrorException(429, ApiErrors.TextBody("Too many requests of this key; try again later")) { RetryAfter = seconds };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _limiter?.Dispose();
}
