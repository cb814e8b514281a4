using System.Diagnostics;

namespace LtxEngine.Benchmarks;

/// <summary>
/// A whole request on a small model: how long the program takes from its start to the first denoising step, and which part of a request's
/// time is not spent in networks. Medians.
/// </summary>
internal static class RequestTable
{
    private const int Rounds = 7;
    private const string Prompt = "a white boat sails on the blue sea";

    /// <summary>Prints both tables as Markdown.</summary>
    /// <param name="model">The model folder.</param>
    /// <param name="program">The <c>ltx.dll</c> or <c>ltx</c> program that is started; null leaves starts out.</param>
    public static async Task RunAsync(string model, string? program)
    {
        string folder = Directory.CreateTempSubdirectory("ltx-requests").FullName;
        try
        {
            if (program is not null)
            {
                await WriteStartsAsync(model, program, Path.Combine(folder, "start.mp4"));
            }

            await WriteSharesAsync(model, Path.Combine(folder, "clip.mp4"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task WriteStartsAsync(string model, string program, string clip)
    {
        List<double> toFirstStep = [];
        List<double> toFile = [];
        for (int round = -1; round < Rounds; round++)
        {
            (double first, double file) = await StartAsync(model, program, clip);
            if (round >= 0)
            {
                // The round before fills the file cache.
                toFirstStep.Add(first);
                toFile.Add(file);
            }
        }

        Console.WriteLine("| from the start of the program | median s | range |");
        Console.WriteLine("|---|---|---|");
        PeerRounds.Write($"| until the first denoising step begins | {Statistics.Median(toFirstStep):F2} | {toFirstStep.Min():F2} – {toFirstStep.Max():F2} |");
        PeerRounds.Write($"| until the program ends | {Statistics.Median(toFile):F2} | {toFile.Min():F2} – {toFile.Max():F2} |");
        Console.WriteLine();
    }

    private static async Task<(double FirstStep, double File)> StartAsync(string model, string program, string clip)
    {
        bool isAssembly = program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        ProcessStartInfo start = new(isAssembly ? "dotnet" : program) { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments = [.. isAssembly ? [program] : Array.Empty<string>(), "generate", "--model", model, "--prompt", Prompt, "--seed", "1", "--out", clip, "--overwrite"];
        Array.ForEach(arguments, start.ArgumentList.Add);
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        double firstStep = double.NaN;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (double.IsNaN(firstStep) && line.StartsWith("denoising", StringComparison.Ordinal))
            {
                firstStep = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            }
        }

        await output;
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? (firstStep, Stopwatch.GetElapsedTime(begin).TotalSeconds)
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    private static async Task WriteSharesAsync(string model, string clip)
    {
        TimingProfile profile = new();
        await using LtxPipeline pipeline = await LtxPipeline.LoadAsync(
            new LtxPipelineOptions { ModelDirectory = model, Residency = WeightResidencyMode.KeepLoaded, Profile = profile });
        List<IReadOnlyList<OperationTiming>> requests = [];
        for (int round = -1; round < Rounds; round++)
        {
            profile.Clear();
            await pipeline.GenerateToFileAsync(new GenerationRequest { Prompt = $"{Prompt}, take {round}", Seed = 1 }, clip, new SaveOptions { Overwrite = true });
            requests.Add(profile.Operations);
        }

        List<IReadOnlyList<OperationTiming>> later = requests[1..];
        PeerRounds.Write($"| stage | first request, s | outside the networks | later requests, s | outside the networks |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (GenerationStage stage in requests[0].Select(row => row.Stage).Distinct())
        {
            WriteRow(stage.ToString(), requests[0], later, row => row.Stage == stage);
        }

        WriteRow("all", requests[0], later, _ => true);
    }

    private static void WriteRow(
        string name, IReadOnlyList<OperationTiming> first, List<IReadOnlyList<OperationTiming>> later, Func<OperationTiming, bool> belongs) =>
        PeerRounds.Write($"| {name} | {All(first, belongs):F3} | {Outside(first, belongs):F3} ({Outside(first, belongs) / All(first, _ => true):P1}) | {Statistics.Median(later.Select(r => All(r, belongs))):F3} | {Statistics.Median(later.Select(r => Outside(r, belongs))):F3} ({Statistics.Median(later.Select(r => Outside(r, belongs) / All(r, _ => true))):P1}) |");

    private static double All(IEnumerable<OperationTiming> rows, Func<OperationTiming, bool> belongs) => rows.Where(belongs).Sum(row => row.Elapsed.TotalSeconds);

    private static double Outside(IEnumerable<OperationTiming> rows, Func<OperationTiming, bool> belongs) =>
        All(rows, row => belongs(row) && row.Operation == OperationTiming.Outside);
}
