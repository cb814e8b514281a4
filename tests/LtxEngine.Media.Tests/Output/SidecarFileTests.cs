using System.Text.Json.Nodes;
using LtxEngine.Media.Output;

namespace LtxEngine.Media.Tests.Output;

public sealed class SidecarFileTests
{
    [Fact]
    public async Task A_sidecar_comes_back_and_stays_readable()
    {
        using TemporaryFolder folder = new();
        JsonObject content = new() { ["prompt"] = "звук & \"音\" <b>\n", ["seed"] = long.MaxValue };
        using OutputFile output = await SidecarFile.WriteAsync(folder.File("clip.mp4"), content, overwrite: false, CancellationToken.None);
        Assert.False(File.Exists(output.FinalPath));
        output.Commit();
        string path = output.FinalPath;
        Assert.Equal(["clip.mp4.json"], folder.Names());
        Assert.Contains("звук & ", await File.ReadAllTextAsync(path), StringComparison.Ordinal);
        JsonObject read = await SidecarFile.ReadAsync(path, CancellationToken.None);
        Assert.True(JsonNode.DeepEquals(content, read));
    }

    [Fact]
    public async Task An_existing_sidecar_stays_unless_overwriting_is_asked_for()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File("clip.gif.json"), "precious");
        MediaException exception = await Assert.ThrowsAsync<MediaException>(
            () => SidecarFile.WriteAsync(folder.File("clip.gif"), [], overwrite: false, CancellationToken.None));
        Assert.Equal(MediaErrorKind.OutputExists, exception.Kind);
        using OutputFile output = await SidecarFile.WriteAsync(folder.File("clip.gif"), [], overwrite: true, CancellationToken.None);
        output.Commit();
        Assert.Equal("{}\n", await File.ReadAllTextAsync(folder.File("clip.gif.json")));
    }

    [Theory]
    [InlineData("[1]", MediaErrorKind.Corrupt)]
    [InlineData("null", MediaErrorKind.Corrupt)]
    [InlineData("{\"a\":", MediaErrorKind.Corrupt)]
    [InlineData("", MediaErrorKind.Corrupt)]
    [InlineData(null, MediaErrorKind.Unreadable)]
    public async Task What_is_no_sidecar_is_refused_by_name(string? text, MediaErrorKind expected)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("clip.json");
        if (text is not null)
        {
            await File.WriteAllTextAsync(path, text);
        }

        MediaException exception = await Assert.ThrowsAsync<MediaException>(() => SidecarFile.ReadAsync(path, CancellationToken.None));
        Assert.Equal(expected, exception.Kind);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
    }
}
