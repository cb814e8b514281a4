using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace LtxEngine.Cli;

/// <summary>The options of every command that loads a model.</summary>
internal sealed class ModelOptions
{
    private readonly Option<DirectoryInfo> _model = new("--model") { Description = "The model folder.", Required = true, HelpName = "DIR" };
    private readonly Option<string> _device = new("--device") { Description = "auto, cpu, cuda or cuda:N; nothing else is used in its place.", DefaultValueFactory = _ => "auto", HelpName = "NAME" };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads on the processor; 0 is one per core. Never changes a result.", DefaultValueFactory = _ => 0, HelpName = "N" };
    private readonly Option<ComputeType> _computeType = new("--compute-type") { Description = "Numbers that products are computed in: auto, fp32, bf16, int8; fp32 where it is not given.", DefaultValueFactory = _ => ComputeType.Single, HelpName = "TYPE", CustomParser = ComputeTypeArgument.Parse };
    private readonly Option<TextModelExecution> _textModel = new("--text-model") { Description = "How the text model runs: auto, kernels, graph; auto, where it is not given, takes the engine's own kernels on the processor.", HelpName = "HOW", CustomParser = KebabEnum.Parse<TextModelExecution> };
    private readonly Option<WeightResidencyMode> _residency = new("--residency") { Description = "Whether networks stay in memory between stages: auto, keep-loaded, free-after-use, stream-blocks; auto where it is not given.", HelpName = "MODE", CustomParser = KebabEnum.Parse<WeightResidencyMode> };
    private readonly Option<long?> _memoryBudget = new("--memory-budget") { Description = "Most memory to use, such as 16GiB; decides where weights stay, and refuses what does not fit. By default what this machine can give.", HelpName = "SIZE", CustomParser = ByteSize.Parse };
    private readonly Option<string?> _ffmpeg = new("--ffmpeg") { Description = "The ffmpeg program; by default the one on PATH.", HelpName = "FILE" };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        _threads.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValueOrDefault<int>() is >= 0 and <= 1024)
            {
                return;
            }

            result.AddError("--threads: allowed are 0 … 1024.");
        });
        command.Add(_model);
        command.Add(_device);
        command.Add(_threads);
        command.Add(_computeType);
        command.Add(_textModel);
        command.Add(_residency);
        command.Add(_memoryBudget);
        command.Add(_ffmpeg);
    }

    /// <summary>Reads the options.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="logs">Receives log lines.</param>
    /// <param name="profile">Receives the time of every operation; null for none.</param>
    /// <exception cref="UsageException">A value cannot be used.</exception>
    public LtxPipelineOptions Read(ParseResult parsed, ILoggerFactory logs, TimingProfile? profile = null)
    {
        DirectoryInfo model = parsed.GetRequiredValue(_model);
        if (!model.Exists)
        {
            throw new UsageException($"--model: the folder '{model}' does not exist.");
        }

        return new LtxPipelineOptions
        {
            ModelDirectory = model.FullName,
            Device = ReadDevice(parsed),
            Threads = parsed.GetValue(_threads),
            ComputeType = parsed.GetValue(_computeType),
            TextModel = parsed.GetValue(_textModel),
            Residency = parsed.GetValue(_residency),
            MemoryBudget = parsed.GetValue(_memoryBudget),
            Ffmpeg = new FfmpegOptions { FfmpegPath = parsed.GetValue(_ffmpeg) },
            Profile = profile,
            LoggerFactory = logs,
        };
    }

    private ComputeDevice ReadDevice(ParseResult parsed)
    {
        try
        {
            return ComputeDevice.Parse(parsed.GetRequiredValue(_device));
        }
        catch (FormatException exception)
        {
            throw new UsageException("--device: " + exception.Message);
        }
    }
}
