using System.Globalization;
using LtxEngine.Pipeline;
using LtxEngine.Verification;

namespace LtxEngine.Benchmarks;

/// <summary>
/// What bf16 and 8-bit products do to results: the relative error of every reference case that runs on our kernels, and the cosine of the final
/// latents of a whole request on the demo model to those of fp32. Prints the tables of <c>docs/performance.md</c>.
/// </summary>
internal static class ErrorTable
{
    private static readonly string[] Components = ["transformer", "latent_upsampler", "pipeline"];

    private static readonly ComputeType[] Types = [ComputeType.Single, ComputeType.BrainFloat, ComputeType.Int8];

    /// <summary>Measures and prints.</summary>
    /// <param name="cases">The folder that holds <c>cases</c> and <c>checkpoints</c>.</param>
    /// <param name="model">The demo model.</param>
    /// <returns>0, or 1 when a case could not be run.</returns>
    public static async Task<int> RunAsync(string cases, string model)
    {
        CaseReport[][] reports = [.. Types.Select(type => ReferenceVerifier.Run(cases, new VerificationOptions { Components = Components, ComputeType = type }).ToArray())];
        Console.WriteLine("| case | fp32 | bf16 | int8 |");
        Console.WriteLine("| --- | --- | --- | --- |");
        for (int i = 0; i < reports[0].Length; i++)
        {
            Console.WriteLine($"| {reports[0][i].Component}/{reports[0][i].Name} | {string.Join(" | ", reports.Select(ofType => Worst(ofType[i])))} |");
        }

        Console.WriteLine();
        Console.WriteLine("| demo request, cosine to fp32 | video latent | audio latent |");
        Console.WriteLine("| --- | --- | --- |");
        ClipLatents reference = await LatentsAsync(model, ComputeType.Single).ConfigureAwait(false);
        foreach (ComputeType type in Types[1..])
        {
            ClipLatents latents = await LatentsAsync(model, type).ConfigureAwait(false);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {Name(type)} | {Cosine(reference.Video.Data, latents.Video.Data):F6} | {Cosine(reference.Audio!.Data, latents.Audio!.Data):F6} |"));
        }

        return reports.All(ofType => ofType.All(report => report.Passed)) ? 0 : 1;
    }

    private static string Name(ComputeType type) => type == ComputeType.Int8 ? "int8" : "bf16";

    private static string Worst(CaseReport report) => report.Failure
        ?? report.Outputs.Max(output => output.Error).ToString("0.0e-0", CultureInfo.InvariantCulture);

    private static async Task<ClipLatents> LatentsAsync(string model, ComputeType type)
    {
        LtxPipeline pipeline = await LtxPipeline.LoadAsync(new LtxPipelineOptions { ModelDirectory = model, ComputeType = type }).ConfigureAwait(false);
        await using (pipeline.ConfigureAwait(false))
        {
            GenerationResult result = await pipeline.GenerateAsync(new GenerationRequest
            {
                Prompt = "a white boat sails on the blue sea",
                Width = 64,
                Height = 64,
                NumFrames = 17,
                NumInferenceSteps = 4,
                Seed = 1,
                Image = ImageSource.FromFile(Path.Combine(model, "examples", "boat.png")),
            }).ConfigureAwait(false);
            return result.Latents;
        }
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, squaresOfA = 0, squaresOfB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            squaresOfA += (double)a[i] * a[i];
            squaresOfB += (double)b[i] * b[i];
        }

        return product / Math.Sqrt(squaresOfA * squaresOfB);
    }
}
