using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using LtxEngine.Server;
using Microsoft.Extensions.Configuration;

namespace LtxEngine.Cli.Commands;

/// <summary>
/// Everything that can be set of <c>ltx serve</c>. A file, then variables, then flags say it, in the same words; the later wins, and a list of flags
/// replaces an earlier list.
/// </summary>
internal sealed class ServeSettings
{
    /// <summary>The section of files, and the prefix of variables: <c>LtxServer__QueueLimit</c>.</summary>
    private const string Section = "LtxServer";

    private readonly List<Setting> _settings = [];
    private readonly Option<FileInfo?> _file = new("--settings") { Description = "A JSON file with a section LtxServer; by default appsettings.json in the current folder, if there is one.", HelpName = "FILE" };

    /// <summary>Creates the table.</summary>
    public ServeSettings()
    {
        Add<string[]>("--url", nameof(Urls), "Where to listen; may be given several times. Port 0 takes a free one. Default http://127.0.0.1:8080.", "URL");
        Add<bool>("--log-json", nameof(LogJson), "Write log lines as JSON, one object a line.", helpName: null);
        _settings.Add(new Setting(GlobalOptions.Verbose, nameof(Verbose), HasOwnForm: false));
        Add<string?>("--model", nameof(LtxServerOptions.ModelDirectory), "The model folder of fal-ai/ltx-2-19b/image-to-video.", "DIR");
        Add<Dictionary<string, string>?>("--endpoint", nameof(LtxServerOptions.Models), "A further model under an endpoint id of its own, such as my/ltx/draft=models/demo; may be given several times.", "ID=DIR", ParseModels);
        Add<string?>("--data", nameof(LtxServerOptions.DataDirectory), "Folder of the queue and the files; default ltx-data.", "DIR");
        Add<string?>("--device", nameof(LtxServerOptions.Device), "auto, cpu, cuda or cuda:N; default auto.", "NAME");
        Add<int?>("--threads", nameof(LtxServerOptions.Threads), "Threads on the processor; 0 (default) is one per core.", "N");
        Add<ComputeType?>("--compute-type", nameof(LtxServerOptions.ComputeType), "Numbers that products are computed in: auto, fp32, bf16, int8; default fp32.", "TYPE", result => ComputeTypeArgument.Parse(result));
        Add<TextModelExecution?>("--text-model", nameof(LtxServerOptions.TextModel), "How the text model runs: auto (default), kernels, graph.", "HOW", result => KebabEnum.Parse<TextModelExecution>(result));
        Add<WeightResidencyMode?>("--residency", nameof(LtxServerOptions.Residency), "Whether networks stay in memory: auto (default), keep-loaded, free-after-use, stream-blocks.", "MODE", result => KebabEnum.Parse<WeightResidencyMode>(result));
        Add<long?>("--memory-budget", nameof(LtxServerOptions.MemoryBudget), "Most memory to use, such as 16GiB; default what this machine can give.", "SIZE", ByteSize.Parse);
        Add<string?>("--ffmpeg", nameof(LtxServerOptions.FfmpegPath), "The ffmpeg program; by default the one on PATH.", "FILE");
        Add<string[]>("--key", nameof(LtxServerOptions.Keys), "A key that callers may use; may be given several times. Without keys everybody may call. Other users of this machine can see flags: better set LtxServer__Keys__0.", "KEY");
        Add<string?>("--public-url", nameof(LtxServerOptions.PublicUrl), "Address under which callers reach the server; by default as each request says.", "URL");
        Add<int?>("--queue-limit", nameof(LtxServerOptions.QueueLimit), "Most requests that wait; more are answered with 429. Default 100.", "N");
        Add<int?>("--workers", nameof(LtxServerOptions.WorkersPerModel), "Workers of each model, which overlap fetching pictures with the device's work. Default 1.", "N");
        Add<int?>("--requests-per-minute", nameof(LtxServerOptions.RequestsPerMinute), "Submits, runs and uploads of one key in a minute; 0 (default) is no limit.", "N");
        Add<long?>("--max-request-bytes", nameof(LtxServerOptions.MaxRequestBytes), "Largest body of a run or submit. Default 72MiB.", "SIZE", ByteSize.Parse);
        Add<long?>("--max-upload-bytes", nameof(LtxServerOptions.MaxUploadBytes), "Largest uploaded file. Default 1GiB.", "SIZE", ByteSize.Parse);
        Add<long?>("--max-image-bytes", nameof(LtxServerOptions.MaxImageBytes), "Largest picture. Default 50MiB.", "SIZE", ByteSize.Parse);
        Add<int?>("--min-image-side", nameof(LtxServerOptions.MinImageSide), "Shortest side of a picture in pixels. Default 1.", "N");
        Add<int?>("--max-image-side", nameof(LtxServerOptions.MaxImageSide), "Longest side of a picture in pixels. Default 16384.", "N");
        Add<TimeSpan?>("--image-timeout", nameof(LtxServerOptions.ImageTimeout), "Longest time to fetch a picture. Default 00:00:30.", "TIME");
        Add<long?>("--disk-quota", nameof(LtxServerOptions.DiskQuotaBytes), "Room for files. Default 20GiB.", "SIZE", ByteSize.Parse);
        Add<TimeSpan?>("--file-lifetime", nameof(LtxServerOptions.FileLifetime), "How long files are kept where the caller says nothing: days, or hh:mm:ss. Default 7.", "TIME");
        Add<TimeSpan?>("--job-lifetime", nameof(LtxServerOptions.JobLifetime), "How long finished requests are kept. Default 30 (days).", "TIME");
        Add<int?>("--max-finished-jobs", nameof(LtxServerOptions.MaxFinishedJobs), "Most finished requests that are kept. Default 10000.", "N");
        Add<TimeSpan?>("--drain-time", nameof(LtxServerOptions.DrainTime), "Time for the running request when the server is to stop; then it waits for the next start. Default 00:00:20.", "TIME");
        Add<bool?>("--allow-private-network", nameof(LtxServerOptions.AllowPrivateNetwork), "Whether pictures and web hooks may use private and loopback addresses: true or false (default).", "true|false");
        Add<string[]>("--webhook-host", nameof(LtxServerOptions.WebhookHosts), "A host that web hooks may use, also a private one; may be given several times. By default every public host.", "HOST");
        Add<bool?>("--metrics", nameof(LtxServerOptions.Metrics), "Whether /metrics is answered: true (default) or false.", "true|false");
    }

    /// <summary>What to serve.</summary>
    public LtxServerOptions Options { get; private set; } = new();

    /// <summary>Where to listen.</summary>
    public IReadOnlyList<string> Urls { get; private set; } = ["http://127.0.0.1:8080"];

    /// <summary>Whether log lines are JSON.</summary>
    public bool LogJson { get; private set; }

    /// <summary>Whether the log tells more.</summary>
    public bool Verbose { get; private set; }

    /// <summary>Adds the flags to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Add(_file);
        foreach (Setting setting in _settings.Where(setting => setting.Option != GlobalOptions.Verbose))
        {
            command.Add(setting.Option);
        }
    }

    /// <summary>Reads file, variables and flags.</summary>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="UsageException">Something cannot be used.</exception>
    public void Read(ParseResult parsed)
    {
        Dictionary<string, string?> values = ReadFileAndVariables(parsed);
        List<string> unread = [];
        foreach (Setting setting in _settings)
        {
            if (parsed.GetResult(setting.Option) is { Implicit: false } flag)
            {
                Put(values, setting.Name, flag.GetValueOrDefault<object?>());
            }
            else if (setting.HasOwnForm && values.GetValueOrDefault(setting.Name) is { } text)
            {
                // 16GiB and free-after-use may stand in a file as well; numbers and .NET's own names are the binder's.
                ParseResult own = new Command(Section) { setting.Option }.Parse([setting.Option.Name, text]);
                if (own.Errors.Count == 0)
                {
                    Put(values, setting.Name, own.GetResult(setting.Option)!.GetValueOrDefault<object?>());
                }
                else
                {
                    unread.AddRange(own.Errors.Select(error => error.Message));
                }
            }
        }

        IConfiguration section = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        try
        {
            Options = section.Get<LtxServerOptions>() ?? new LtxServerOptions();
            Urls = section[nameof(Urls)]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? section.GetSection(nameof(Urls)).Get<string[]>() ?? [.. Urls];
            LogJson = section.GetValue<bool>(nameof(LogJson));
            Verbose = section.GetValue<bool>(nameof(Verbose));
        }
        catch (InvalidOperationException exception)
        {
            throw new UsageException(string.Join(' ', [exception.Message, .. unread]));
        }
    }

    private static void Put(Dictionary<string, string?> values, string name, object? value)
    {
        foreach (string earlier in values.Keys.Where(key => key.StartsWith(name + ':', StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            values.Remove(earlier);
        }

        switch (value)
        {
            case string[] list:
                values.Remove(name);
                for (int i = 0; i < list.Length; i++)
                {
                    values[$"{name}:{i}"] = list[i];
                }

                break;
            case Dictionary<string, string> named:
                foreach ((string key, string text) in named)
                {
                    values[$"{name}:{key}"] = text;
                }

                break;
            default:
                values[name] = Convert.ToString(value, CultureInfo.InvariantCulture);
                break;
        }
    }

    private static Dictionary<string, string>? ParseModels(ArgumentResult result)
    {
        Dictionary<string, string> models = new(StringComparer.OrdinalIgnoreCase);
        foreach (string text in result.Tokens.Select(token => token.Value))
        {
            string[] parts = text.Split('=', 2);
            if (parts.Length < 2 || !LtxServerOptions.IsEndpoint(parts[0]) || parts[1].Length == 0)
            {
                result.AddError($"--endpoint: '{text}' is not an endpoint id and a folder; write it as my/ltx/draft=models/demo.");
                return null;
            }

            models[parts[0]] = parts[1];
        }

        return models;
    }

    private void Add<T>(string flag, string name, string description, string? helpName, Func<ArgumentResult, T>? parse = null)
    {
        Option<T> option = new(flag) { Description = description, HelpName = helpName };
        if (parse is not null)
        {
            option.CustomParser = parse;
        }

        _settings.Add(new Setting(option, name, HasOwnForm: parse is not null));
    }

    /// <summary>The section as names and values. A name that is no setting would be a wish that nobody hears.</summary>
    private Dictionary<string, string?> ReadFileAndVariables(ParseResult parsed)
    {
        FileInfo? given = parsed.GetValue(_file);
        if (given is { Exists: false })
        {
            throw new UsageException($"--settings: there is no file '{given}'.");
        }

        string file = given?.FullName ?? Path.GetFullPath("appsettings.json");
        IConfiguration section;
        try
        {
            section = new ConfigurationBuilder().AddJsonFile(file, optional: true).AddEnvironmentVariables().Build().GetSection(Section);
        }
        catch (InvalidDataException exception)
        {
            throw new UsageException($"--settings: {file} cannot be read: {exception.InnerException?.Message ?? exception.Message}");
        }

        string[] unknown = [.. section.GetChildren().Select(child => child.Key).Where(key => !_settings.Exists(setting => setting.Name.Equals(key, StringComparison.OrdinalIgnoreCase)))];
        return unknown.Length == 0
            ? new Dictionary<string, string?>(section.AsEnumerable(makePathsRelative: true).Where(value => value.Value is not null), StringComparer.OrdinalIgnoreCase)
            : throw new UsageException($"{string.Join(", ", unknown.Select(key => $"{Section}:{key}"))}: there is no such setting; 'ltx serve --help' lists all.");
    }

    /// <param name="Option">The flag.</param>
    /// <param name="Name">The name in files and variables.</param>
    /// <param name="HasOwnForm">Whether the flag takes values in a form that .NET's binder does not know.</param>
    private sealed record Setting(Option Option, string Name, bool HasOwnForm);
}
