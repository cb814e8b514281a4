using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Pipeline.Resume;

namespace LtxEngine.Cli.Batch;

/// <summary>
/// The folder of a batch: the clips, <c>results.jsonl</c> with a line for each of them, and <c>.ltx-batch</c> with what unfinished clips
/// need to go on. A clip is finished when a line of the results names its file with the job it came from and the hash of its content.
/// </summary>
internal sealed class BatchFolder : IDisposable
{
    /// <summary>The file of the results, which is the manifest of finished clips.</summary>
    public const string ResultsName = "results.jsonl";

    /// <summary>The status of a finished clip.</summary>
    public const string Done = "done";

    /// <summary>The status of a clip that failed.</summary>
    public const string Failed = "failed";

    private const string WorkName = ".ltx-batch";
    private const string BeginName = "begin.json";
    private readonly string _folder;
    private readonly FileStream _lock;
    private readonly Lock _writing = new();

    /// <summary>Lines that say that a clip is done, by the name of its file.</summary>
    private readonly Dictionary<string, JsonObject> _done = new(StringComparer.Ordinal);

    /// <summary>Failures of this run.</summary>
    private readonly List<JsonObject> _failed = [];

    private BatchFolder(string folder, FileStream locked)
    {
        _folder = folder;
        _lock = locked;
    }

    private string Results => Path.Combine(_folder, ResultsName);

    /// <summary>Takes the folder into use.</summary>
    /// <param name="path">The folder; created where it does not exist.</param>
    /// <exception cref="UsageException">The folder cannot be used, or another batch uses it.</exception>
    public static BatchFolder Open(string path)
    {
        string folder = Path.GetFullPath(path);
        string work = Path.Combine(folder, WorkName);
        try
        {
            Directory.CreateDirectory(work);
            File.SetAttributes(work, File.GetAttributes(work) | FileAttributes.Hidden);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new UsageException($"--out: the folder '{path}' cannot be written to: {exception.Message}");
        }

        BatchFolder batch;
        try
        {
            batch = new BatchFolder(folder, new FileStream(Path.Combine(work, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            throw new UsageException($"--out: another batch is writing to '{path}'.");
        }

        batch.RemovePartialFiles();
        batch.ReadResults();
        return batch;
    }

    /// <summary>Full path of a clip's file.</summary>
    /// <param name="job">The clip.</param>
    public string PathOf(BatchJob job) => Path.Combine(_folder, job.Output);

    /// <summary>Full path of the settings beside a clip's file.</summary>
    /// <param name="job">The clip.</param>
    public string SettingsOf(BatchJob job) => PathOf(job) + ".json";

    /// <summary>Where a clip's steps are saved until it is finished.</summary>
    /// <param name="key">The clip's key.</param>
    public string WorkOf(string key) => Path.Combine(_folder, WorkName, key[..16]);

    /// <summary>Whether a clip needs no work: its file is the one that its line of the results describes.</summary>
    /// <param name="job">The clip.</param>
    /// <param name="key">Its key.</param>
    public bool IsFinished(BatchJob job, string key) =>
        _done.TryGetValue(job.Output, out JsonObject? line) && Equal(line["job"], key) && File.Exists(PathOf(job)) && Equal(line["sha256"], Hash(PathOf(job)));

    /// <summary>
    /// Whether a clip was finished by a process that was killed before it could write so: its file appeared after the clip was begun, and
    /// files appear under their names only when they are complete, the settings beside a clip last.
    /// </summary>
    /// <param name="job">The clip.</param>
    /// <param name="key">Its key.</param>
    /// <param name="seed">Receives its seed.</param>
    public bool WasFinishedUnnoticed(BatchJob job, string key, out long seed)
    {
        seed = 0;
        if (!File.Exists(PathOf(job)) || !File.Exists(SettingsOf(job)) || Begun(key) is not { } begun || Equal(begun["before"], FileIdentity.Of(PathOf(job))))
        {
            return false;
        }

        seed = (long)begun["seed"]!;
        return true;
    }

    /// <summary>Whether the name of a clip, or of the settings beside it, is taken by a file that no batch wrote.</summary>
    /// <param name="job">The clip.</param>
    /// <param name="key">Its key.</param>
    public bool IsForeign(BatchJob job, string key) =>
        (Path.Exists(PathOf(job)) || Path.Exists(SettingsOf(job))) && !_done.ContainsKey(job.Output)
        && (Directory.Exists(PathOf(job)) || Begun(key) is null);

    /// <summary>Notes that a clip begins.</summary>
    /// <param name="job">The clip.</param>
    /// <param name="key">Its key.</param>
    /// <returns>Its seed: the line's, the one it began with before, or a drawn one.</returns>
    public long Begin(BatchJob job, string key)
    {
        if (Begun(key) is { } begun)
        {
            return (long)begun["seed"]!;
        }

        long seed = job.Request.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        string file = Path.Combine(WorkOf(key), BeginName);
        Directory.CreateDirectory(WorkOf(key));
        JsonObject content = new() { ["seed"] = seed, ["before"] = File.Exists(PathOf(job)) ? FileIdentity.Of(PathOf(job)) : null };
        File.WriteAllText(file + ".tmp", content.ToJsonString());
        File.Move(file + ".tmp", file, overwrite: true);
        return seed;
    }

    /// <summary>Drops the saved steps of a clip, which begins anew.</summary>
    /// <param name="key">Its key.</param>
    public void DropSteps(string key) => File.Delete(Path.Combine(WorkOf(key), RequestCheckpoint.FileName));

    /// <summary>Adds a line to the results and has it written to the disk.</summary>
    /// <param name="line">The line.</param>
    public void Append(JsonObject line)
    {
        lock (_writing)
        {
            using FileStream file = new(Results, FileMode.Append, FileAccess.Write, FileShare.Read);
            file.Write(Encoding.UTF8.GetBytes(line.ToJsonString(CommandJson.Options) + "\n"));
            file.Flush(flushToDisk: true);
            if (Equal(line["status"], Done))
            {
                _done[(string)line["output"]!] = line;
            }
            else
            {
                _failed.Add(line);
            }
        }
    }

    /// <summary>The run is over: of several lines about one file the last one stays.</summary>
    public void Tidy()
    {
        File.WriteAllLines(Results + ".tmp", _done.Values.Concat(_failed).Select(line => line.ToJsonString(CommandJson.Options)));
        File.Move(Results + ".tmp", Results, overwrite: true);
    }

    /// <summary>A clip is finished and noted: nothing is kept to go on with it.</summary>
    /// <param name="key">Its key.</param>
    public void RemoveWork(string key) => RemoveFolder(WorkOf(key));

    /// <summary>The whole batch is finished.</summary>
    public void RemoveAllWork()
    {
        foreach (string folder in Directory.EnumerateDirectories(Path.Combine(_folder, WorkName)))
        {
            RemoveFolder(folder);
        }
    }

    /// <summary>The hash of a file as the results have it.</summary>
    /// <param name="path">The file.</param>
    public static string Hash(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static bool Equal(JsonNode? node, string text) => node?.GetValueKind() == JsonValueKind.String && string.Equals((string?)node, text, StringComparison.Ordinal);

    private static void RemoveFolder(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private JsonObject? Begun(string key)
    {
        string file = Path.Combine(WorkOf(key), BeginName);
        return File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file))!.AsObject() : null;
    }

    /// <summary>Files that a killed process was writing.</summary>
    private void RemovePartialFiles()
    {
        foreach (string file in Directory.EnumerateFiles(_folder, ".*.partial"))
        {
            File.Delete(file);
        }
    }

    /// <summary>
    /// Reads the results, and writes them anew without what is of no use any more: lines of failures, which are tried again, earlier lines
    /// of the same file, and a last line that was cut off when the process was killed.
    /// </summary>
    private void ReadResults()
    {
        if (!File.Exists(Results))
        {
            return;
        }

        foreach (string text in File.ReadLines(Results))
        {
            try
            {
                if (JsonNode.Parse(text) is JsonObject line && Equal(line["status"], Done) && line["output"]?.GetValueKind() == JsonValueKind.String)
                {
                    _done[(string)line["output"]!] = line;
                }
            }
            catch (JsonException)
            {
                // Cut off: the clip that it told of is found by its file.
            }
        }

        Tidy();
    }
}
