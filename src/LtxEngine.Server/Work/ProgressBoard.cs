using System.Collections.Concurrent;

namespace LtxEngine.Server.Work;

/// <summary>The last report of every running job of this process.</summary>
internal sealed class ProgressBoard
{
    private readonly ConcurrentDictionary<string, JobProgress> _jobs = new(StringComparer.Ordinal);

    /// <summary>Puts up a report. Of pictures the newest one is kept.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="progress">The report.</param>
    public void Report(string jobId, GenerationProgress progress)
    {
        string? preview = progress.Preview is { } picture ? "data:image/png;base64," + Convert.ToBase64String(picture.ToPng()) : null;
        _jobs.AddOrUpdate(
            jobId, _ => new JobProgress(1, progress, preview), (_, last) => new JobProgress(last.Version + 1, progress, preview ?? last.Preview));
    }

    /// <summary>The last report of a job; null where it does not run here.</summary>
    /// <param name="jobId">The job.</param>
    public JobProgress? Find(string jobId) => _jobs.GetValueOrDefault(jobId);

    /// <summary>Takes a job down.</summary>
    /// <param name="jobId">The job.</param>
    public void Remove(string jobId) => _jobs.TryRemove(jobId, out _);
}
