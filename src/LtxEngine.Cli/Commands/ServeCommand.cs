using System.CommandLine;
using System.Globalization;
using LtxEngine.Server;
using LtxEngine.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx serve</c>: the HTTP server. Settings come from a file, then the environment, then flags; the later wins.</summary>
internal sealed class ServeCommand
{
    /// <summary>The section of files, and the prefix of variables: <c>LtxServer__QueueLimit</c>.</summary>
    private const string Section = "LtxServer";

    private readonly Terminal _terminal;
    private readonly List<(Option Option, string Setting)> _settings = [];
    private readonly Option<string[]> _urls = new("--url") { Description = "Where to listen; may be given several times. Port 0 takes a free one. Default http://127.0.0.1:8080.", HelpName = "URL" };
    private readonly Option<FileInfo?> _file = new("--settings") { Description = "A JSON file with a section LtxServer; by default appsettings.json in the current folder, if there is one.", HelpName = "FILE" };
    private readonly Option<bool> _jsonLogs = new("--log-json") { Description = "Write log lines as JSON, one object a line." };

    private ServeCommand(Terminal terminal) => _terminal = terminal;

    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal) => new ServeCommand(terminal).Build();

    private Command Build()
    {
        Command command = new("serve", "Answer requests over HTTP as the hosted endpoint does.") { _urls, _file, _jsonLogs };
        Add<string?>(command, "--model", nameof(LtxServerOptions.ModelDirectory), "The model folder.", "DIR");
        Add<string?>(command, "--data", nameof(LtxServerOptions.DataDirectory), "Folder of the queue and the files; default ltx-data.", "DIR");
        Add<string?>(command, "--device", nameof(LtxServerOptions.Device), "auto, cpu, cuda or cuda:N; default auto.", "NAME");
        Add<int?>(command, "--threads", nameof(LtxServerOptions.Threads), "Threads on the processor; 0 (default) is one per core.", "N");
        Add<ComputeType?>(command, "--compute-type", nameof(LtxServerOptions.ComputeType), "Numbers that products are computed in: auto, fp32, bf16, int8; default fp32.", "TYPE", result => ComputeTypeArgument.Parse(result));
        Add<WeightResidencyMode?>(command, "--residency", nameof(LtxServerOptions.Residency), "Whether networks stay in memory: auto (default), keep-loaded, free-after-use, stream-blocks.", "MODE", result => KebabEnum.Parse<WeightResidencyMode>(result));
        Add<long?>(command, "--memory-budget", nameof(LtxServerOptions.MemoryBudget), "Most memory to use, such as 16GiB; default what this machine can give.", "SIZE", ByteSize.Parse);
        Add<string?>(command, "--ffmpeg", nameof(LtxServerOptions.FfmpegPath), "The ffmpeg program; by default the one on PATH.", "FILE");
        Add<string[]>(command, "--key", nameof(LtxServerOptions.Keys), "A key that callers may use; may be given several times. Without keys everybody may call. Other users of this machine can see flags: better set LtxServer__Keys__0.", "KEY");
        Add<string?>(command, "--public-url", nameof(LtxServerOptions.PublicUrl), "Address under which callers reach the server; by default as each request says.", "URL");
        Add<int?>(command, "--queue-limit", nameof(LtxServerOptions.QueueLimit), "Most requests that wait; more are answered with 429. Default 100.", "N");
        Add<int?>(command, "--workers", nameof(LtxServerOptions.WorkersPerModel), "Workers of each model, which overlap fetching pictures with the device's work. Default 1.", "N");
        Add<int?>(command, "--requests-per-minute", nameof(LtxServerOptions.RequestsPerMinute), "Submits, runs and uploads of one key in a minute; 0 (default) is no limit.", "N");
        Add<long?>(command, "--max-request-bytes", nameof(LtxServerOptions.MaxRequestBytes), "Largest body of a run or submit. Default 72MiB.", "SIZE", ByteSize.Parse);
        Add<long?>(command, "--max-upload-bytes", nameof(LtxServerOptions.MaxUploadBytes), "Largest uploaded file. Default 1GiB.", "SIZE", ByteSize.Parse);
        Add<long?>(command, "--max-image-bytes", nameof(LtxServerOptions.MaxImageBytes), "Largest picture. Default 50MiB.", "SIZE", ByteSize.Parse);
        Add<int?>(command, "--min-image-side", nameof(LtxServerOptions.MinImageSide), "Shortest side of a picture in pixels. Default 1.", "N");
        Add<int?>(command, "--max-image-side", nameof(LtxServerOptions.MaxImageSide), "Longest side of a picture in pixels. Default 16384.", "N");
        Add<TimeSpan?>(command, "--image-timeout", nameof(LtxServerOptions.ImageTimeout), "Longest time to fetch a picture. Default 00:00:30.", "TIME");
        Add<long?>(command, "--disk-quota", nameof(LtxServerOptions.DiskQuotaBytes), "Room for files. Default 20GiB.", "SIZE", ByteSize.Parse);
        Add<TimeSpan?>(command, "--file-lifetime", nameof(LtxServerOptions.FileLifetime), "How long files are kept where the caller says nothing: days, or hh:mm:ss. Default 7.", "TIME");
        Add<TimeSpan?>(command, "--job-lifetime", nameof(LtxServerOptions.JobLifetime), "How long finished requests are kept. Default 30 (days).", "TIME");
        Add<int?>(command, "--max-finished-jobs", nameof(LtxServerOptions.MaxFinishedJobs), "Most finished requests that are kept. Default 10000.", "N");
        Add<TimeSpan?>(command, "--drain-time", nameof(LtxServerOptions.DrainTime), "Time for the running request when the server is to stop; then it waits for the next start. Default 00:00:20.", "TIME");
        Add<bool?>(command, "--allow-private-network", nameof(LtxServerOptions.AllowPrivateNetwork), "Whether pictures and web hooks may use private and loopback addresses: true or false (default).", "true|false");
        Add<string[]>(command, "--webhook-host", nameof(LtxServerOptions.WebhookHosts), "A host that web hooks may use, also a private one; may be given several times. By default every public host.", "HOST");
        Add<bool?>(command, "--metrics", nameof(LtxServerOptions.Metrics), "Whether /metrics is answered: true (default) or false.", "true|false");
        command.SetAction(RunAsync);
        return command;
    }

    private void Add<T>(Command command, string name, string setting, string description, string helpName, Func<System.CommandLine.Parsing.ArgumentResult, T>? parse = null)
    {
        Option<T> option = new(name) { Description = description, HelpName = helpName };
        if (parse is not null)
        {
            option.CustomParser = parse;
        }

        command.Add(option);
        _settings.Add((option, setting));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        IConfiguration configuration = ReadConfiguration(parsed);
        LtxServerOptions options;
        string[] urls = parsed.GetValue(_urls) is { Length: > 0 } given ? given : (configuration["Urls"] ?? "http://127.0.0.1:8080").Split(';', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            options = configuration.Get<LtxServerOptions>() ?? new LtxServerOptions();
            foreach (string folder in options.AllModels.Values.Where(f => !Directory.Exists(f)))
            {
                throw new UsageException($"--model: the folder '{folder}' does not exist.");
            }

            options.Validate();
            ComputeDevice.Parse(options.Device);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or FormatException)
        {
            throw new UsageException(exception.Message);
        }

        WebApplication application = ServerHost.Create(options, urls, builder => ConfigureLogging(builder.Logging, parsed));
        await using (application.ConfigureAwait(false))
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
            foreach (string url in application.Urls)
            {
                _terminal.Output.WriteLine($"listening on {url}");
            }

            await _terminal.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            using CancellationTokenRegistration stop = cancellationToken.Register(() => application.Lifetime.StopApplication());
            await application.WaitForShutdownAsync(CancellationToken.None).ConfigureAwait(false);
            return ServerHost.FailureOf(application) is { } failure ? throw new InvalidOperationException(failure) : ExitCode.Done;
        }
    }

    private IConfigurationSection ReadConfiguration(ParseResult parsed)
    {
        ConfigurationBuilder builder = new();
        string file = parsed.GetValue(_file)?.FullName ?? Path.GetFullPath("appsettings.json");
        if (parsed.GetValue(_file) is { Exists: false } missing)
        {
            throw new UsageException($"--settings: there is no file '{missing}'.");
        }

        Dictionary<string, string?> flags = new(StringComparer.OrdinalIgnoreCase);
        foreach ((Option option, string setting) in _settings)
        {
            if (parsed.GetResult(option) is { Implicit: false } result)
            {
                object? value = result.GetValueOrDefault<object?>();
                string key = $"{Section}:{setting}";
                if (value is string[] list)
                {
                    for (int i = 0; i < list.Length; i++)
                    {
                        flags[$"{key}:{i}"] = list[i];
                    }
                }
                else
                {
                    flags[key] = Convert.ToString(value, CultureInfo.InvariantCulture);
                }
            }
        }

        try
        {
            return builder.AddJsonFile(file, optional: true).AddEnvironmentVariables().AddInMemoryCollection(flags).Build().GetSection(Section);
        }
        catch (InvalidDataException exception)
        {
            throw new UsageException($"--settings: {file} cannot be read: {exception.InnerException?.Message ?? exception.Message}");
        }
    }

    private void ConfigureLogging(ILoggingBuilder logging, ParseResult parsed)
    {
        logging.SetMinimumLevel(parsed.GetValue(GlobalOptions.Verbose) ? LogLevel.Debug : LogLevel.Information);
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (parsed.GetValue(_jsonLogs))
        {
            logging.AddJsonConsole(json => json.IncludeScopes = true);
        }
        else
        {
            logging.AddSimpleConsole(simple =>
            {
                simple.SingleLine = true;
                simple.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
                simple.UseUtcTimestamp = true;
                simple.ColorBehavior = _terminal.IsInteractive ? Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Default : Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
            });
        }
    }
}
