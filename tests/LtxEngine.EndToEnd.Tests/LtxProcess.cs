using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LtxEngine.EndToEnd.Tests;

/// <summary>Runs the real <c>ltx</c> as users do.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed partial record LtxProcess(int ExitCode, string Output, string Error)
{
    private const int InterruptSignal = 2;

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ltx.dll");

    public static async Task<LtxProcess> RunAsync(params IEnumerable<string> arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new LtxProcess(process.ExitCode, await output, await error);
    }

    /// <summary>Starts <c>ltx</c> and leaves it running.</summary>
    public static Process Start(IEnumerable<string> arguments) => StartCommand(["dotnet", Program, .. arguments]);

    /// <summary>Starts <c>ltx</c> so that an interrupt reaches it even where this test run was started in the background, which ignores interrupts.</summary>
    public static Process StartInterruptible(IEnumerable<string> arguments) =>
        StartCommand([.. OperatingSystem.IsLinux() ? ["env", "--default-signal=INT"] : Array.Empty<string>(), "dotnet", Program, .. arguments]);

    /// <summary>Sends what Ctrl-C sends, at once: a program started for it would give the other time to end.</summary>
    public static void Interrupt(Process process) => Assert.Equal(0, SendSignal(process.Id, InterruptSignal));

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int process, int signal);

    private static Process StartCommand(string[] command)
    {
        ProcessStartInfo start = new(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in command.AsSpan(1))
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs a program and returns its standard output; a failure is an error of the test.</summary>
    public static async Task<string> CaptureAsync(string program, params IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program}: {await error}");
    }
}
