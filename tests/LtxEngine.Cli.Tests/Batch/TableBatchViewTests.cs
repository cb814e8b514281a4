using System.Text.RegularExpressions;
using LtxEngine.Cli.Batch;
using Spectre.Console;

namespace LtxEngine.Cli.Tests.Batch;

/// <summary>What the table writes to a terminal of 60 columns.</summary>
public sealed class TableBatchViewTests : IDisposable
{
    private readonly StringWriter _screen = new();

    [Fact]
    public void Nothing_is_drawn_before_a_clip_begins()
    {
        TableBatchView view = new(Console(), [Job("a.mp4")]);
        view.Dispose();
        Assert.Equal(string.Empty, _screen.ToString());
    }

    [Fact]
    public void The_last_picture_has_every_outcome_in_one_line_each_and_closing_twice_is_no_error()
    {
        BatchJob[] jobs = [Job("a.mp4"), Job("b.mp4"), Job("c.mp4")];
        TableBatchView view = new(Console(), jobs);
        view.Begin(jobs[0]);
        view.Begin(jobs[1]);
        view.End(jobs[0], error: null, TimeSpan.FromSeconds(3));
        view.End(jobs[1], "the disk is full, " + new string('x', 100) + "\nsecond line", TimeSpan.FromSeconds(1));
        view.Dispose();
        view.Dispose();

        string[] lines = [.. Regex.Replace(_screen.ToString(), @"\e\[[0-9;?]*[A-Za-z]", string.Empty, RegexOptions.None, TimeSpan.FromSeconds(5)).Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        int last = Array.FindLastIndex(lines, line => line.StartsWith("1 of 3 done, 1 failed, 1 to go", StringComparison.Ordinal));
        Assert.Equal("a.mp4 ━━━━━━━━━━━━━━━━━━━━ 3 s", lines[last - 3]);
        Assert.StartsWith("b.mp4 ···················· failed: the disk is full", lines[last - 2], StringComparison.Ordinal);
        Assert.EndsWith("…", lines[last - 2], StringComparison.Ordinal);
        Assert.InRange(lines[last - 2].Length, 45, 60);
        Assert.Equal("c.mp4 ···················· waiting", lines[last - 1]);
    }

    public void Dispose() => _screen.Dispose();

    private static BatchJob Job(string output) => new() { Line = 1, Clip = 1, Output = output, Request = new GenerationRequest { Prompt = "x" }, Fields = string.Empty, Files = [] };

    private IAnsiConsole Console()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(_screen) });
        console.Profile.Width = 60;
        return console;
    }
}
