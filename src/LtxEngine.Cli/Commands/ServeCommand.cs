using System.CommandLine;
using LtxEngine.Server;
using LtxEngine.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Cli.Commands;

/// <summary><c>ltx serve</c>: the HTTP server.</summary>
internal sealed class ServeCommand
{
    private readonly Terminal _terminal;
    private readonly ServeSettings _settings = new();

    private ServeCommand(Terminal terminal) => _terminal = terminal;

    /// <summary>Creates the command.</summary>
    /// <param name="terminal">Where output goes.</param>
    public static Command Create(Terminal terminal) => new ServeCommand(terminal).Build();

    private Command Build()
    {
        Command command = new("serve", "Answer requests over HTTP as the hosted endpoint does.");
        _settings.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        _settings.Read(parsed);
        LtxServerOptions options = _settings.Options;
        if (options.AllModels.FirstOrDefault(model => !Directory.Exists(model.Value)) is { Value: { } folder, Key: { } endpoint })
        {
            throw new UsageException($"{(endpoint == LtxServerOptions.DefaultEndpoint ? "--model" : "--endpoint " + endpoint)}: the folder '{folder}' does not exist.");
        }

        try
        {
            options.Validate();
            ComputeDevice.Parse(options.Device);
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException)
        {
            throw new UsageException(exception.Message);
        }

        WebApplication application = ServerHost.Create(options, _settings.Urls, builder => ConfigureLogging(builder.Logging));
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

    private void ConfigureLogging(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(_settings.Verbose ? LogLevel.Debug : LogLevel.Information);
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (_settings.LogJson)
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
