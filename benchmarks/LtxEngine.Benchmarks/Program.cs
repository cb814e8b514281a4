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

if (args is ["products"])
{
    ProductTable.Run();
    return 0;
}

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
    .AddColumn(TargetMethodColumn.Method, StatisticColumn.Median, StatisticColumn.StdDev, new RateColumn(), new ShareOfPeakColumn())
    .AddColumnProvider(DefaultColumnProviders.Metrics)
    .AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)))
    .AddExporter(MarkdownExporter.GitHub)
    .WithArtifactsPath(Path.Combine("artifacts", "benchmarks"))
    .WithCultureInfo(CultureInfo.InvariantCulture)
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(40))
    .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableLogFile);
Console.WriteLine($"Fused multiply-add peak of this run: {PeakProbe.GigaflopsPerSecond(1):F0} GFLOP/s on one thread.");
IEnumerable<Summary> summaries = BenchmarkSwitcher.FromAssembly(typeof(PeakProbe).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
