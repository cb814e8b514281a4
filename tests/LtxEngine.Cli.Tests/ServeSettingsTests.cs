using System.CommandLine;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LtxEngine.Cli.Commands;
using LtxEngine.Server;
using LtxEngine.Testing;

namespace LtxEngine.Cli.Tests;

/// <summary>Every setting of <c>ltx serve</c> can be given by file, variable and flag. Variables are the whole process's, so nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(ServeSettingsTests), DisableParallelization = true)]
[Collection(nameof(ServeSettingsTests))]
public sealed partial class ServeSettingsTests : IDisposable
{
    private static readonly Dictionary<string, (string Text, object Value)> Samples = new(StringComparer.Ordinal)
    {
        ["ModelDirectory"] = ("folder", "folder"),
        ["Models"] = ("my/ltx/draft=folder", new Dictionary<string, string>(StringComparer.Ordinal) { ["my/ltx/draft"] = "folder" }),
        ["Urls"] = ("http://127.0.0.1:9", (string[])["http://127.0.0.1:9"]),
        ["DataDirectory"] = ("folder", "folder"),
        ["Keys"] = ("id:secret", (string[])["id:secret"]),
        ["PublicUrl"] = ("https://a.example", "https://a.example"),
        ["QueueLimit"] = ("7", 7),
        ["WorkersPerModel"] = ("7", 7),
        ["RequestsPerMinute"] = ("7", 7),
        ["MaxRequestBytes"] = ("7MiB", 7L << 20),
        ["MaxUploadBytes"] = ("7MiB", 7L << 20),
        ["MaxImageBytes"] = ("7MiB", 7L << 20),
        ["MinImageSide"] = ("7", 7),
        ["MaxImageSide"] = ("7", 7),
        ["ImageTimeout"] = ("00:00:07", TimeSpan.FromSeconds(7)),
        ["DiskQuotaBytes"] = ("7MiB", 7L << 20),
        ["FileLifetime"] = ("3", TimeSpan.FromDays(3)),
        ["JobLifetime"] = ("3", TimeSpan.FromDays(3)),
        ["MaxFinishedJobs"] = ("7", 7),
        ["DrainTime"] = ("00:00:07", TimeSpan.FromSeconds(7)),
        ["AllowPrivateNetwork"] = ("true", true),
        ["WebhookHosts"] = ("a.example", (string[])["a.example"]),
        ["Metrics"] = ("false", false),
        ["LogJson"] = ("true", true),
        ["Verbose"] = ("true", true),
        ["Device"] = ("cpu", "cpu"),
        ["Threads"] = ("7", 7),
        ["ComputeType"] = ("bf16", ComputeType.BrainFloat),
        ["TextModel"] = ("graph", TextModelExecution.Graph),
        ["Residency"] = ("stream-blocks", WeightResidencyMode.StreamBlocks),
        ["MemoryBudget"] = ("7GiB", 7L << 30),
        ["FfmpegPath"] = ("program", "program"),
    };

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"ltx-{Guid.NewGuid():N}.json");

    public static TheoryData<string, string> Rows => [.. Row().Matches(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "server.md"))).Select(row => (row.Groups["name"].Value, row.Groups["flag"].Value))];

    [Fact]
    public void The_table_of_settings_has_every_setting_and_every_flag()
    {
        string[] names = [.. typeof(LtxServerOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name), "Urls", "LogJson", "Verbose"];
        Command command = new("serve");
        new ServeSettings().AddTo(command);

        Assert.Equal(names.Order(StringComparer.Ordinal), Rows.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));
        Assert.Equal(command.Options.Select(option => option.Name).Append("--verbose").Except(["--settings"]).Order(StringComparer.Ordinal), Rows.Select(row => row.Data.Item2).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_setting_is_read_from_flag_file_and_variable_in_the_same_words(string name, string flag)
    {
        (string text, object value) = Samples[name];
        object before = Value(Read(), name) ?? "nothing";
        Assert.NotEqual(value, before);

        Assert.Equal(value, Value(Read(value is bool && name is "LogJson" or "Verbose" ? [flag] : [flag, text]), name));

        JsonNode? node = value switch
        {
            string[] => new JsonArray(text),
            Dictionary<string, string> named => JsonSerializer.SerializeToNode(named),
            _ => JsonValue.Create(text),
        };
        File.WriteAllText(_file, new JsonObject { ["LtxServer"] = new JsonObject { [name] = node } }.ToJsonString());
        Assert.Equal(value, Value(Read("--settings", _file), name));

        (string variable, string content) = value switch
        {
            string[] => ($"LtxServer__{name}__0", text),
            Dictionary<string, string> => ($"LtxServer__{name}__my/ltx/draft", "folder"),
            _ => ($"LtxServer__{name}", text),
        };
        Environment.SetEnvironmentVariable(variable, content);
        try
        {
            Assert.Equal(value, Value(Read(), name));
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }

        Assert.Equal(before, Value(Read(), name) ?? "nothing");
    }

    [Fact]
    public void A_list_of_flags_replaces_the_list_of_the_file()
    {
        File.WriteAllText(_file, """{"LtxServer":{"Keys":["a:1","b:2"],"Models":{"a/b":"x"},"Urls":["http://127.0.0.1:1","http://127.0.0.1:2"],"MaxRequestBytes":2048,"Residency":"FreeAfterUse"}}""");

        ServeSettings settings = Read("--settings", _file, "--key", "c:3", "--endpoint", "c/d=y", "--endpoint", "e/f=z=1", "--url", "http://127.0.0.1:3");

        Assert.Equal(["c:3"], settings.Options.Keys);
        Assert.Equal(new Dictionary<string, string>(StringComparer.Ordinal) { ["c/d"] = "y", ["e/f"] = "z=1" }, settings.Options.Models);
        Assert.Equal(["http://127.0.0.1:3"], settings.Urls);
        Assert.Equal((2048L, WeightResidencyMode.FreeAfterUse), (settings.Options.MaxRequestBytes, settings.Options.Residency));
    }

    [Theory]
    [InlineData("""{"LtxServer":{"QueueLimits":7}}""", "LtxServer:QueueLimits: there is no such setting; 'ltx serve --help' lists all.")]
    [InlineData("""{"LtxServer":{"QueueLimit":"many"}}""", "'many'")]
    [InlineData("""{"LtxServer":{"TextModel":"abacus"}}""", "'abacus' is not one of auto, kernels, graph.")]
    [InlineData("""{"LtxServer":{"MemoryBudget":"all"}}""", "write it as 16GiB, 500MB or a number of bytes")]
    [InlineData("""{"LtxServer":{"LogJson":"perhaps"}}""", "'perhaps'")]
    [InlineData("""{"LtxServer":""", "cannot be read")]
    public void What_a_file_says_wrongly_is_named(string content, string message)
    {
        File.WriteAllText(_file, content);

        Assert.Contains(message, Assert.Throws<UsageException>(() => Read("--settings", _file)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--endpoint draft=folder", "--endpoint: 'draft=folder' is not an endpoint id and a folder; write it as my/ltx/draft=models/demo.")]
    [InlineData("--endpoint a:b/c=folder", "is not an endpoint id and a folder")]
    [InlineData("--endpoint a/b=nowhere", "--endpoint a/b: the folder 'nowhere' does not exist.")]
    [InlineData("--model nowhere", "--model: the folder 'nowhere' does not exist.")]
    [InlineData("--text-model abacus", "'abacus' is not one of auto, kernels, graph.")]
    [InlineData("--threads 2000 --model .", "Threads is 2000; allowed: 0 … 1024")]
    public async Task What_a_flag_says_wrongly_is_named(string flags, string message)
    {
        CommandLine run = await CommandLine.RunAsync(["serve", .. flags.Split(' ')]);

        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_file);

    private static ServeSettings Read(params string[] arguments)
    {
        ServeSettings settings = new();
        Command command = new("serve") { GlobalOptions.Verbose };
        settings.AddTo(command);
        ParseResult parsed = command.Parse(arguments);
        Assert.Empty(parsed.Errors);
        settings.Read(parsed);
        return settings;
    }

    private static object? Value(ServeSettings settings, string name) =>
        typeof(LtxServerOptions).GetProperty(name)?.GetValue(settings.Options) ?? typeof(ServeSettings).GetProperty(name)?.GetValue(settings);

    [GeneratedRegex(@"^\| `(?<name>\w+)` \| `(?<flag>--[a-z-]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
