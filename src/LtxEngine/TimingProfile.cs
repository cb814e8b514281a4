using System.Diagnostics;
using System.Text.Json;
using LtxEngine.Profiling;

namespace LtxEngine;

/// <summary>
/// Where the time of requests goes: every operation of the device and every run of a graph with its time, arithmetic and bytes. Give it to
/// <see cref="LtxPipelineOptions.Profile"/>; without one nothing is measured and nothing is slower. One profile belongs to one pipeline.
/// </summary>
public sealed class TimingProfile
{
    private readonly Lock _lock = new();
    private readonly List<ProfileSpan> _spans = [];
    private readonly List<(GenerationStage Stage, long Start, long End)> _stages = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private GenerationStage _stage = GenerationStage.Queued;
    private long _stageStart;
    private Func<double>? _measurePeak;
    private double? _peak;

    /// <summary>
    /// Multiply-adds in fp32 that the processor's registers give on as many threads, in 10⁹ operations per second: measured when first asked
    /// for, which takes a part of a second. NaN where the device cannot tell. Products in bf16 or int8 may exceed it.
    /// </summary>
    public double PeakGigaflops => _peak ??= _measurePeak?.Invoke() ?? double.NaN;

    /// <summary>
    /// Time by stage and operation in the order of the stages, the longest first within each. What a stage spent outside all operations is its
    /// row <c>outside the networks</c>; where operations ran beside each other (weights streamed in) their times overlap.
    /// </summary>
    public IReadOnlyList<OperationTiming> Operations
    {
        get
        {
            lock (_lock)
            {
                List<OperationTiming> rows = [];
                foreach (IGrouping<GenerationStage, (GenerationStage Stage, long Start, long End)> stage in _stages.GroupBy(s => s.Stage).OrderBy(s => s.Key))
                {
                    List<ProfileSpan> spans = [.. _spans.Where(span => span.Stage == stage.Key)];
                    TimeSpan all = Elapsed(stage.Sum(s => s.End - s.Start));
                    TimeSpan foreground = Elapsed(spans.Where(span => !span.IsBackground).Sum(span => span.End - span.Start));
                    rows.AddRange(spans.GroupBy(span => span.Name, StringComparer.Ordinal)
                        .Select(group => new OperationTiming(
                            stage.Key, group.Key, group.Count(), Elapsed(group.Sum(span => span.End - span.Start)), group.Sum(span => span.Flops), group.Sum(span => span.Bytes)))
                        .OrderByDescending(row => row.Elapsed));
                    rows.Add(new OperationTiming(stage.Key, OperationTiming.Outside, 1, all > foreground ? all - foreground : TimeSpan.Zero, 0, 0));
                }

                return rows;
            }
        }
    }

    /// <summary>Writes the trace in Chrome's format, which <c>ui.perfetto.dev</c>, <c>chrome://tracing</c> and speedscope open.</summary>
    /// <param name="path">The file; replaced if it exists. It appears under this name when it is complete.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteTrace(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write))
            using (Utf8JsonWriter json = new(stream))
            {
                lock (_lock)
                {
                    WriteTrace(json);
                }
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Forgets what was measured: the next request begins anew.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _spans.Clear();
            _stages.Clear();
        }
    }

    /// <summary>Tells the profile how to measure the device's peak.</summary>
    internal void UsePeak(Func<double> measure) => _measurePeak = measure;

    /// <summary>A stage begins, or one that was left goes on.</summary>
    internal void Enter(GenerationStage stage)
    {
        lock (_lock)
        {
            long now = Stopwatch.GetTimestamp();
            if (stage == _stage)
            {
                return;
            }

            if (_stageStart != 0)
            {
                _stages.Add((_stage, _stageStart, now));
            }

            _stage = stage;
            _stageStart = now;
        }
    }

    /// <summary>The last stage is over.</summary>
    internal void Leave()
    {
        lock (_lock)
        {
            if (_stageStart != 0)
            {
                _stages.Add((_stage, _stageStart, Stopwatch.GetTimestamp()));
                _stageStart = 0;
                _stage = GenerationStage.Queued;
            }
        }
    }

    /// <summary>Adds an operation that has just ended.</summary>
    internal void Add(string name, long start, double flops = 0, double bytes = 0, bool isBackground = false)
    {
        long end = Stopwatch.GetTimestamp();
        lock (_lock)
        {
            // Frames are decoded while they are written: graphs belong to the decoding.
            GenerationStage stage = _stage == GenerationStage.Encoding ? GenerationStage.VideoDecoding : _stage;
            _spans.Add(new ProfileSpan(name, stage, start, end, flops, bytes, Environment.CurrentManagedThreadId, isBackground));
        }
    }

    private static TimeSpan Elapsed(long ticks) => Stopwatch.GetElapsedTime(0, ticks);

    /// <summary>
    /// To 64ths, of which every sum is exact: viewers add start and length, and a span that then reached into the one behind it by a rounding error
    /// would be drawn wrongly.
    /// </summary>
    private static double Microseconds(long ticks) => Math.Round(ticks * (64e6 / Stopwatch.Frequency)) / 64;

    private void WriteTrace(Utf8JsonWriter json)
    {
        const int StageRow = 0, OperationRow = 1, WeightRow = 2;
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        WriteMetadata(json, StageRow, "process_name", "ltx");
        WriteThread(json, StageRow, "stages", StageRow);
        foreach (int thread in _spans.Select(span => span.Thread).Distinct())
        {
            bool isBackground = _spans.First(span => span.Thread == thread).IsBackground;
            WriteThread(json, thread, isBackground ? "weights" : "operations", isBackground ? WeightRow : OperationRow);
        }

        foreach ((GenerationStage stage, long start, long end) in _stages)
        {
            WriteSpan(json, Words(stage), "stage", StageRow, start, end);
            json.WriteEndObject();
        }

        foreach (ProfileSpan span in _spans)
        {
            WriteSpan(json, span.Name, Words(span.Stage), span.Thread, span.Start, span.End);
            if (span.Bytes > 0)
            {
                json.WriteStartObject("args");
                json.WriteNumber("bytes", span.Bytes);
                if (span.Flops > 0)
                {
                    json.WriteNumber("flops", span.Flops);
                    json.WriteNumber("gflop_per_s", Math.Round(span.Flops / Math.Max(1e-9, Elapsed(span.End - span.Start).TotalSeconds) / 1e9, 2));
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A thread's name and its place among the others.</summary>
    private static void WriteThread(Utf8JsonWriter json, int thread, string name, int place)
    {
        WriteMetadata(json, thread, "thread_name", name);
        BeginMetadata(json, thread, "thread_sort_index");
        json.WriteNumber("sort_index", place);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter json, int thread, string what, string name)
    {
        BeginMetadata(json, thread, what);
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void BeginMetadata(Utf8JsonWriter json, int thread, string what)
    {
        json.WriteStartObject();
        json.WriteString("name", what);
        json.WriteString("ph", "M");
        json.WriteNumber("pid", 1);
        json.WriteNumber("tid", thread);
        json.WriteStartObject("args");
    }

    /// <summary>TextEncoding as "text encoding".</summary>
    private static string Words(GenerationStage stage) =>
        string.Concat(stage.ToString().Select((letter, i) => (i > 0 && char.IsUpper(letter) ? " " : string.Empty) + char.ToLowerInvariant(letter)));

    private void WriteSpan(Utf8JsonWriter json, string name, string category, int thread, long start, long end)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("cat", category);
        json.WriteString("ph", "X");

        double begin = Microseconds(start - _start);
        json.WriteNumber("ts", begin);
        json.WriteNumber("dur", Microseconds(end - _start) - begin);
        json.WriteNumber("pid", 1);
        json.WriteNumber("tid", thread);
    }
}
