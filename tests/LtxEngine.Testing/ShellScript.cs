using System.Diagnostics;

namespace LtxEngine.Testing;

/// <summary>Writes scripts that a test then runs as programs.</summary>
public static class ShellScript
{
    /// <summary>
    /// Writes a script for <c>sh</c>. A process of its own does it: a file that this process writes stays open for writing in every program that another
    /// test starts just then, until that program runs, and nothing can execute it meanwhile.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="text">The commands.</param>
    public static void Write(string path, string text)
    {
        using Process writer = Process.Start(new ProcessStartInfo("sh", ["-c", "cat > \"$0\" && chmod 700 \"$0\"", path]) { RedirectStandardInput = true })!;
        writer.StandardInput.Write("#!/bin/sh\n" + text + "\n");
        writer.StandardInput.Close();
        writer.WaitForExit();
        if (writer.ExitCode != 0)
        {
            throw new IOException($"{path} cannot be written.");
        }
    }
}
