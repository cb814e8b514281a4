using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using LtxEngine.Benchmarks;
using LtxEngine.Kernels.Cpu;

if (args is ["output-formats"])
{
    await OutputFormatTable.RunAsync();
    return 0;
}

if (args is ["acceleration", string model])
{
    await AccelerationTable.RunAsync(model);
    return 0;
}

if (args is ["products", ..])
{
    return ProductTable.Run(args[1..]);
}

if (args is ["block", .. string[] counts] && counts.Length <= 2)
{
    BlockTable.Run(
        counts.Length > 0 ? int.Parse(counts[0], CultureInfo.InvariantCulture) : 1536,
        counts.Length > 1 ? int.Parse(counts[1], CultureInfo.InvariantCulture) : Environment.ProcessorCount);
    return 0;
}

if (args is ["block-check"])
{
    PeerRounds.Write($"relative error {TransformerBlockCheck.RelativeError():0.0e-0}");
    return 0;
}

if (args is ["convolutions"])
{
    ConvolutionTable.Run();
    return 0;
}

if (args is ["requests", string folder, .. string[] programs])
{
    await RequestTable.RunAsync(folder, programs.FirstOrDefault());
    return 0;
}

if (args is ["errors", string cases, string demo])
{
    return await ErrorTable.RunAsync(cases, demo);
}

if (args is ["text", ..])
{
    TextTable.Run(args[1..]);
    return 0;
}

if (args is ["forward", ..])
{
    return ForwardMeasurement.Run(args[1..]);
}

BenchmarkSelection.IsFull = args.Contains("--full", StringComparer.Ordinal);
args = [.. args.Where(argument => argument != "--full")];
string artifacts = Path.Combine("artifacts", "benchmarks");

// In this process and with few iterations: the whole suite stays below five minutes on two cores. Arguments replace the selection,
// for example: --filter '*Attention*'.
Job job = Job.Default
    .WithToolchain(InProcessNoEmitToolchain.Instance)
    .WithWarmupCount(1)
    .WithIterationCount(5)
    .WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(200));
ManualConfig config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddLogger(ConsoleLogger.Default)
    .AddColumnProvider(DefaultColumnProviders.Params)
    .AddColumn(TargetMethodColumn.Method, StatisticColumn.Median, StatisticColumn.StdDev, new RateColumn(), new ShareOfPeakColumn(), new SecondsPerUnitColumn())
    .AddColumnProvider(DefaultColumnProviders.Metrics)
    .AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)))
    .AddExporter(MarkdownExporter.GitHub)
    .WithArtifactsPath(artifacts)
    .WithCultureInfo(CultureInfo.InvariantCulture)
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(60))
    .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableLogFile);
Console.WriteLine($"Fused multiply-add peak of this run: {PeakProbe.GigaflopsPerSecond(1):F0} GFLOP/s on one thread.");
Summary[] summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(DeviceBenchmark).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config)];
Charts.Write(summaries, artifacts);
if (args.Length == 0)
{
    await Charts.WriteStagesAsync(Path.Combine("models", "demo"), artifacts);
}

Console.WriteLine($"Table and charts: {Path.GetFullPath(artifacts)}");
return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
