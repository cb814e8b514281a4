namespace LtxEngine.Server;

/// <summary>
/// What the server offers and where its limits are. Bound from configuration (section <c>LtxServer</c>) or made in code; immutable.
/// <c>docs/server.md</c> explains each setting.
/// </summary>
public sealed class LtxServerOptions
{
    /// <summary>The endpoint id that is answered where <see cref="Models"/> names none.</summary>
    public const string DefaultEndpoint = "fal-ai/ltx-2-19b/image-to-video";

    /// <summary>The model folder behind <see cref="DefaultEndpoint"/>. Null where <see cref="Models"/> says it all.</summary>
    public string? ModelDirectory { get; init; }

    /// <summary>Model folders by endpoint id, such as <c>fal-ai/ltx-2-19b/image-to-video</c>: at least two parts of letters, digits, dots, dashes and underscores.</summary>
    public IReadOnlyDictionary<string, string> Models { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Which device computes: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. Default <c>auto</c>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Threads on the processor, 0 … 1024. Default 0: one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Numbers that products are computed in.</summary>
    public ComputeType ComputeType { get; init; } = ComputeType.Single;

    /// <summary>How the text model runs.</summary>
    public TextModelExecution TextModel { get; init; } = TextModelExecution.Auto;

    /// <summary>Most memory to use, in bytes. Null (default): what this machine can give.</summary>
    public long? MemoryBudget { get; init; }

    /// <summary>Whether networks stay in memory between stages and requests.</summary>
    public WeightResidencyMode Residency { get; init; } = WeightResidencyMode.Auto;

    /// <summary>The ffmpeg program. Null (default): the one on PATH.</summary>
    public string? FfmpegPath { get; init; }

    /// <summary>Folder of the queue and the files; created where it is missing. Default <c>ltx-data</c> in the current folder. One server uses it at a time.</summary>
    public string DataDirectory { get; init; } = "ltx-data";

    /// <summary>Keys that callers may use, each <c>id:secret</c> or any other text. Empty (default): everybody may call.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Scheme, host and path under which callers reach the server, such as <c>https://ltx.example.com</c>. Null (default): as each request says.</summary>
    public string? PublicUrl { get; init; }

    /// <summary>Largest number of jobs that wait, 1 … 1,000,000. More are answered with 429. Default 100.</summary>
    public int QueueLimit { get; init; } = 100;

    /// <summary>Workers of each model, 1 … 64; more than one overlap fetching pictures and storing files with the device's work. Default 1.</summary>
    public int WorkersPerModel { get; init; } = 1;

    /// <summary>Submits, runs and uploads of one key (or one address where there are no keys) in a minute; more are answered with 429. 0 (default): no limit.</summary>
    public int RequestsPerMinute { get; init; }

    /// <summary>Largest body of a run or a submit in bytes. Default 72 MiB: a picture of 50 MiB as a data URI.</summary>
    public long MaxRequestBytes { get; init; } = 72L << 20;

    /// <summary>Largest uploaded file in bytes, all parts together. Default 1 GiB.</summary>
    public long MaxUploadBytes { get; init; } = 1L << 30;

    /// <summary>Largest picture in bytes, fetched or as a data URI. Default 50 MiB.</summary>
    public long MaxImageBytes { get; init; } = 50L << 20;

    /// <summary>Shortest allowed side of a picture in pixels. Default 1: every picture is large enough.</summary>
    public int MinImageSide { get; init; } = 1;

    /// <summary>Longest allowed side of a picture in pixels, 1 … 65535. Default 16384; a picture of more than 100 million pixels is refused all the same.</summary>
    public int MaxImageSide { get; init; } = 16384;

    /// <summary>Longest time to fetch a picture. Default 30 s.</summary>
    public TimeSpan ImageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Room for files in bytes. Default 20 GiB.</summary>
    public long DiskQuotaBytes { get; init; } = 20L << 30;

    /// <summary>How long files are kept where the caller says nothing. Default 7 days.</summary>
    public TimeSpan FileLifetime { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long finished jobs are kept. Default 30 days.</summary>
    public TimeSpan JobLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Largest number of finished jobs that are kept. Default 10,000.</summary>
    public int MaxFinishedJobs { get; init; } = 10_000;

    /// <summary>Whether pictures and web hooks may use private, loopback and link-local addresses. Default false.</summary>
    public bool AllowPrivateNetwork { get; init; }

    /// <summary>Hosts that web hooks may use, private ones included. Empty (default): every public host.</summary>
    public IReadOnlyList<string> WebhookHosts { get; init; } = [];

    /// <summary>Time from the wish to stop until running jobs are handed back to the queue. Default 20 s; the host's own time-out must be longer.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether <c>/metrics</c> is answered. Default true.</summary>
    public bool Metrics { get; init; } = true;

    /// <summary>The models by endpoint id, from both properties.</summary>
    internal IReadOnlyDictionary<string, string> AllModels
    {
        get
        {
            Dictionary<string, string> all = new(Models, StringComparer.Ordinal);
            if (ModelDirectory is not null)
            {
                all.TryAdd(DefaultEndpoint, ModelDirectory);
            }

            return all;
        }
    }

    /// <summary>Whether a text can be an endpoint id.</summary>
    /// <param name="text">The text.</param>
    internal static bool IsEndpoint(string text)
    {
        string[] parts = text.Split('/');
        return parts.Length >= 2 && parts.All(p => p.Length > 0 && !p.StartsWith('.') && p.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));
    }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="InvalidDataException">Settings cannot be used; the message names all of them.</exception>
    internal void Validate()
    {
        List<string> problems = [];
        Require(AllModels.Count > 0, "ModelDirectory or Models must name a model folder");
        foreach (string endpoint in AllModels.Keys)
        {
            Require(IsEndpoint(endpoint), $"Models: '{endpoint}' must be at least two parts of letters, digits, dots, dashes and underscores, joined by /");
        }

        Range(Threads, 0, 1024, nameof(Threads));
        Require(MemoryBudget is null or >= 1L << 20, $"MemoryBudget is {MemoryBudget}; allowed: at least 1 MiB");
        Range(QueueLimit, 1, 1_000_000, nameof(QueueLimit));
        Range(WorkersPerModel, 1, 64, nameof(WorkersPerModel));
        Range(RequestsPerMinute, 0, 1_000_000, nameof(RequestsPerMinute));
        Range(MaxRequestBytes, 1024, 1L << 30, nameof(MaxRequestBytes));
        Range(MaxUploadBytes, 1024, 1L << 40, nameof(MaxUploadBytes));
        Range(MaxImageBytes, 1024, 1L << 30, nameof(MaxImageBytes));
        Range(MinImageSide, 1, MaxImageSide, nameof(MinImageSide));
        Range(MaxImageSide, 1, 65535, nameof(MaxImageSide));
        Range(DiskQuotaBytes, 1024, long.MaxValue, nameof(DiskQuotaBytes));
        Range(MaxFinishedJobs, 1, 10_000_000, nameof(MaxFinishedJobs));
        Require(ImageTimeout > TimeSpan.Zero && ImageTimeout <= TimeSpan.FromHours(1), $"ImageTimeout is {ImageTimeout}; allowed: up to an hour");
        Require(FileLifetime > TimeSpan.Zero, $"FileLifetime is {FileLifetime}; allowed: more than nothing");
        Require(JobLifetime > TimeSpan.Zero, $"JobLifetime is {JobLifetime}; allowed: more than nothing");
        Require(DrainTime >= TimeSpan.Zero && DrainTime <= TimeSpan.FromHours(1), $"DrainTime is {DrainTime}; allowed: up to an hour");
        Require(!string.IsNullOrWhiteSpace(DataDirectory), "DataDirectory must name a folder");
        Require(Keys.All(k => !string.IsNullOrWhiteSpace(k)), "Keys must not hold an empty key");
        Require(
            PublicUrl is null || (Uri.TryCreate(PublicUrl, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.Query.Length == 0),
            $"PublicUrl is '{PublicUrl}'; allowed: an http or https address");
        if (problems.Count > 0)
        {
            throw new InvalidDataException("The server cannot start: " + string.Join("; ", problems) + ".");
        }

        void Require(bool condition, string problem)
        {
            if (!condition)
            {
                problems.Add(problem);
            }
        }

        void Range(long value, long least, long most, string name) => Require(value >= least && value <= most, $"{name} is {value}; allowed: {least} … {most}");
    }
}
