namespace LtxEngine.Media.Tests;

/// <summary>A small script that stands in for ffmpeg.</summary>
internal static class FakeProgram
{
    /// <summary>Notes its process id in the file <c>pid</c> beside it, then sleeps without reading or writing.</summary>
    public static string Hanging(TemporaryFolder folder) => Create(
        folder,
        $"echo $$ > '{folder.File("pid")}'\nexec sleep 600",
        "ping -n 600 127.0.0.1 >nul");

    /// <summary>Prints a line to the error stream and fails.</summary>
    public static string Failing(TemporaryFolder folder, string message) => Create(
        folder,
        $"echo '{message}' >&2\nexit 3",
        $"echo {message} 1>&2\nexit /b 3");

    private static string Create(TemporaryFolder folder, string unixScript, string windowsScript)
    {
        if (OperatingSystem.IsWindows())
        {
            string command = folder.File("fake.cmd");
            File.WriteAllText(command, "@echo off\n" + windowsScript + "\n");
            return command;
        }

        string path = folder.File("fake.sh");
        File.WriteAllText(path, "#!/bin/sh\n" + unixScript + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
