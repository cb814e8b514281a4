using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using LtxEngine.Testing;

namespace LtxEngine.Server.Tests.Operations;

/// <summary>The Dockerfile against the repository: what it copies, runs and starts is there. The image itself is not built by a test.</summary>
public sealed class DockerfileTests
{
    private static readonly string[][] Steps =
    [
        .. File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "Dockerfile"))
            .Where(line => line.Length > 0 && !line.StartsWith('#'))
            .Select(line => line.Split(' ', 2, StringSplitOptions.TrimEntries)),
    ];

    [Fact]
    public void What_is_copied_and_run_is_in_the_repository_and_not_ignored()
    {
        string[] ignored = [.. File.ReadAllLines(Path.Combine(RepositoryPaths.Root, ".dockerignore")).Where(l => l.Length > 0).Select(l => l.TrimEnd('/'))];
        string[][] copies = [.. Arguments("COPY").Select(a => a.Split(' '))];
        Assert.Equal(2, copies.Length);
        foreach (string[] copy in copies)
        {
            if (copy[0].StartsWith("--from=", StringComparison.Ordinal))
            {
                Assert.Contains(Arguments("FROM"), from => from.EndsWith(" AS " + copy[0]["--from=".Length..], StringComparison.Ordinal));
                continue;
            }

            Assert.All(copy[..^1], source => Assert.True(Path.Exists(Path.Combine(RepositoryPaths.Root, source)), source));
        }

        string build = Arguments("RUN").First();
        foreach (string path in build.Split(' ').Where(word => word.Contains('/', StringComparison.Ordinal) && !word.StartsWith('/')))
        {
            Assert.True(Path.Exists(Path.Combine(RepositoryPaths.Root, path)), path);
            Assert.DoesNotContain(ignored, rule => path == rule || path.StartsWith(rule + "/", StringComparison.Ordinal));
        }

        if (!OperatingSystem.IsWindows())
        {
            Assert.True(File.GetUnixFileMode(Path.Combine(RepositoryPaths.Root, "eng", "bootstrap.sh")).HasFlag(UnixFileMode.UserExecute));
        }

        // What must not get into the image: outputs, packages, data.
        Assert.Superset(new HashSet<string>(["artifacts", "**/bin", "**/obj", "**/node_modules", "ltx-data"], StringComparer.Ordinal), new HashSet<string>(ignored, StringComparer.Ordinal));
    }

    [Fact]
    public void The_images_have_the_version_that_the_projects_are_built_for()
    {
        string framework = XDocument.Load(Path.Combine(RepositoryPaths.Root, "Directory.Build.props")).Descendants("TargetFramework").Single().Value;

        Assert.Equal([$"mcr.microsoft.com/dotnet/sdk:{framework["net".Length..]} AS build", $"mcr.microsoft.com/dotnet/aspnet:{framework["net".Length..]}"], Arguments("FROM"));
        Assert.DoesNotContain("root", Assert.Single(Arguments("USER")), StringComparison.Ordinal);
        Assert.Equal("SIGTERM", Assert.Single(Arguments("STOPSIGNAL")));
    }

    [Fact]
    public async Task Its_entry_point_starts_the_server_and_its_port_is_the_exposed_one()
    {
        string[] entry = JsonSerializer.Deserialize<string[]>(Assert.Single(Arguments("ENTRYPOINT")))!;
        Assert.Equal(["dotnet", "/program/ltx.dll", "serve"], entry[..3]);
        Assert.Contains($"http://0.0.0.0:{Assert.Single(Arguments("EXPOSE"))}", entry);
        Assert.Equal(Assert.Single(Arguments("VOLUME")), entry[Array.IndexOf(entry, "--data") + 1]);

        // The same flags; folders and port are those of this machine.
        using TemporaryFolder folder = new();
        string[] flags = [.. entry[3..].Where((_, i) => !(entry[3..][i] is "--model" or "--data" or "--url") && (i == 0 || !(entry[3..][i - 1] is "--model" or "--data" or "--url")))];
        await using ServeProcess server = await ServeProcess.StartAsync(folder.Path, flags);
        HttpStatusCode ready = HttpStatusCode.ServiceUnavailable;
        await HangLimit.UntilAsync(async () => (ready = (await server.Client.GetAsync("/health/ready")).StatusCode) != HttpStatusCode.ServiceUnavailable);

        Assert.Equal(HttpStatusCode.OK, ready);
    }

    private static IEnumerable<string> Arguments(string instruction) => Steps.Where(step => step[0] == instruction).Select(step => step[1]);
}
