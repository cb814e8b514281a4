using System.Diagnostics;
using System.Reflection;

namespace LtxEngine.Testing;

/// <summary>
/// Runs a test class again in a child process whose runtime has been told to hide instruction sets, so that the code for lesser
/// processors is tested on a better one. The switches are those of the runtime: <c>DOTNET_EnableAVX512=0</c>,
/// <c>DOTNET_EnableAVX2=0</c>, <c>DOTNET_EnableHWIntrinsic=0</c>.
/// </summary>
public static class InstructionSetRunner
{
    /// <summary>Names the environment variable in which the child finds what it is expected to run on.</summary>
    public const string ExpectationVariable = "LTXENGINE_TEST_EXPECTED_INSTRUCTION_SET";

    /// <summary>Runs the test classes and throws when a test fails, when none runs, or when the child does not end in time.</summary>
    /// <param name="assembly">The test assembly.</param>
    /// <param name="expectation">Handed to the child in <see cref="ExpectationVariable"/>.</param>
    /// <param name="switches">Environment variables to set to 0, or to another value as in <c>NAME=1</c>.</param>
    /// <param name="classes">The test classes.</param>
    /// <exception cref="InvalidOperationException">The child failed; the message holds its output.</exception>
    public static void Run(Assembly assembly, string expectation, string[] switches, params Type[] classes)
    {
        string path = Path.ChangeExtension(assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null);
        ProcessStartInfo start = new(path) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (Type type in classes)
        {
            start.ArgumentList.Add("--filter-class");
            start.ArgumentList.Add(type.FullName!);
        }

        start.ArgumentList.Add("--no-progress");
        start.ArgumentList.Add("--minimum-expected-tests");
        start.ArgumentList.Add("1");
        start.ArgumentList.Add("--results-directory");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "child-results"));

        // The parent may itself be driven by a test host that talks to it through these; the child stands alone.
        foreach (string name in start.Environment.Keys.Where(key => key.StartsWith("TESTINGPLATFORM_", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment[ExpectationVariable] = expectation;
        foreach (string name in switches)
        {
            string[] parts = name.Split('=');
            start.Environment[parts[0]] = parts.Length > 1 ? parts[1] : "0";
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{path} did not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(HangLimit.Time))
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"The child process with {string.Join(", ", switches)} switched off did not end.");
        }

        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"With {string.Join(", ", switches)} switched off:\n{output.Result}\n{errors.Result}");
        }
    }
}
