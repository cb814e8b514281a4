namespace LtxEngine.Server.Jobs;

/// <summary>One log line of a job.</summary>
/// <param name="Number">Place in the job's log, from 1.</param>
/// <param name="Time">When it was written.</param>
/// <param name="Level">One of <c>STDERR STDOUT ERROR INFO WARN DEBUG</c>.</param>
/// <param name="Message">The text.</param>
internal sealed record JobLogEntry(int Number, DateTimeOffset Time, string Level, string Message);
