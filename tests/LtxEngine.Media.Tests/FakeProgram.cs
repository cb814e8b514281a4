using LtxEngine.Testing;

namespace LtxEngine.Media.Tests;

/// <summary>A small script that stands in for ffmpeg.</summary>
internal static class FakeProgram
{
    // Questions about ffmpeg itself are answered with nothing, so that the work that follows meets the fault.
    private const string UnixAnswer = "case \" $* \" in *\" -h \"*) exit 0 ;; esac";
    private const string WindowsAnswer = "echo %* | findstr /C:\" -h \" >nul && exit /b 0";

    /// <summary>Notes its process id in the file <c>pid</c> beside it, then sleeps without reading or writing.</summary>
    public static string Hanging(TemporaryFolder folder) => Create(
        folder,
        $"{UnixAnswer}\necho $$ > '{folder.File("pid.new")}'\nmv '{folder.File("pid.new")}' '{folder.File("pid")}'\nexec sleep 600",
        WindowsAnswer + "\nping -n 600 127.0.0.1 >nul");

    /// <summary>Prints a line to the error stream and fails.</summary>
    public static string Failing(TemporaryFolder folder, string message) => Create(
        folder,
        $"{UnixAnswer}\necho '{message}' >&2\nexit 3",
        $"{WindowsAnswer}\necho {message} 1>&2\nexit /b 3");

    /// <summary>The real ffmpeg, but like those before 5.1 without the option movie_timescale.</summary>
    public static string WithoutMovieTimescale(TemporaryFolder folder, string ffmpeg) => Create(
        folder,
        $$"""
        case " $* " in
          *" -movie_timescale "*) echo "Unrecognized option 'movie_timescale'." >&2; exit 1 ;;
          *" -h "*) "{{ffmpeg}}" "$@" | grep -v movie_timescale ;;
          *) exec "{{ffmpeg}}" "$@" ;;
        esac
        """,
        $"""
        echo %* | findstr /C:"-movie_timescale " >nul && (echo Unrecognized option 1>&2 & exit /b 1)
        echo %* | findstr /C:" -h " >nul && ("{ffmpeg}" %* | findstr /V movie_timescale & exit /b 0)
        "{ffmpeg}" %*
        """);

    private static string Create(TemporaryFolder folder, string unixScript, string windowsScript)
    {
        if (OperatingSystem.IsWindows())
        {
            string command = folder.File("fake.cmd");
            File.WriteAllText(command, "@echo off\n" + windowsScript + "\n");
            return command;
        }

        string path = folder.File("fake.sh");
        ShellScript.Write(path, unixScript);
        return path;
    }
}
