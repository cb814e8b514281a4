using System.Collections.Immutable;
using System.Diagnostics;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace LtxEngine.Graphs.Execution;

/// <summary>
/// A loaded graph. Runs are checked against the graph's inputs before native code sees them, may overlap, and can be cancelled
/// between two operations. Owns the native session; dispose it to free the weights.
/// </summary>
/// <remarks>
/// Bit-identical for any number of threads is a property of each graph, shown by a test per network: most of the processor's kernels split work by output
/// elements, but a mean over a middle axis changes its order of summation when there are fewer outer slices than threads (write it as a product),
/// and a convolution without a blocked kernel may when a thread gets 64 output positions or fewer.
/// </remarks>
internal sealed partial class GraphSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly GraphSessionOptions _options;
    private bool _disposed;

    private GraphSession(string name, ImmutableArray<GraphPort> inputs, ImmutableArray<GraphPort> outputs, InferenceSession session, GraphSessionOptions options)
    {
        Name = name;
        Inputs = inputs;
        Outputs = outputs;
        _session = session;
        _options = options;
    }

    /// <summary>The graph's name.</summary>
    public string Name { get; }

    /// <summary>The inputs.</summary>
    public ImmutableArray<GraphPort> Inputs { get; }

    /// <summary>The outputs.</summary>
    public ImmutableArray<GraphPort> Outputs { get; }

    /// <summary>Loads a graph from memory; its weights are read from their own files.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="options">How to load it; null for the defaults.</param>
    /// <param name="cancellationToken">Ends loading early.</param>
    /// <exception cref="ExecutionProviderUnavailableException">The chosen provider is not there.</exception>
    /// <exception cref="GraphException">ONNX Runtime cannot be loaded or refuses the graph.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static GraphSession Create(OnnxGraph graph, GraphSessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(graph);
        cancellationToken.ThrowIfCancellationRequested();
        options ??= GraphSessionOptions.Default;
        using SessionOptions native = CreateNativeOptions(options);
        if (graph.WeightsFolder is not null)
        {
            native.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", graph.WeightsFolder);
        }

        using CancellationTokenRegistration registration = cancellationToken.Register(() => native.SetLoadCancellationFlag(true));
        try
        {
            long start = Stopwatch.GetTimestamp();
            GraphSession session = new(graph.Name, graph.Inputs, graph.Outputs, new InferenceSession(graph.Model, native), options);
            options.Observer?.Invoke("load " + graph.Name, start);
            return session;
        }
        catch (OnnxRuntimeException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new GraphException(
                $"ONNX Runtime {GraphRuntime.Version} could not load the graph {graph.Name} on {options.Provider} "
                + $"(weights in {graph.WeightsFolder ?? "the graph itself"}): {exception.Message}",
                exception);
        }
    }

    /// <summary>Runs the graph and returns every output as an fp32 tensor.</summary>
    /// <param name="inputs">A tensor for every input.</param>
    /// <param name="cancellationToken">Ends the run between two operations.</param>
    /// <returns>The outputs by name.</returns>
    /// <exception cref="ArgumentException">An input is missing, unknown, or does not fit the graph.</exception>
    /// <exception cref="GraphException">The run failed, or an output is not fp32.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyDictionary<string, HostTensor> Run(IReadOnlyDictionary<string, GraphTensor> inputs, CancellationToken cancellationToken = default)
    {
        Dictionary<string, HostTensor> results = new(StringComparer.Ordinal);
        Execute(
            inputs,
            binding =>
            {
                foreach (GraphPort port in Outputs)
                {
                    binding.BindOutputToDevice(port.Name, OrtMemoryInfo.DefaultInstance);
                }
            },
            binding =>
            {
                using IDisposableReadOnlyCollection<OrtValue> values = binding.GetOutputValues();
                string[] names = binding.GetOutputNames();
                for (int i = 0; i < names.Length; i++)
                {
                    results.Add(names[i], Copy(names[i], values[i]));
                }
            },
            keepMemory: false,
            cancellationToken);
        return results;
    }

    /// <summary>Runs a graph with one output.</summary>
    /// <inheritdoc cref="Run(IReadOnlyDictionary{string, GraphTensor}, CancellationToken)"/>
    public HostTensor RunSingle(IReadOnlyDictionary<string, GraphTensor> inputs, CancellationToken cancellationToken = default)
    {
        if (Outputs.Length != 1)
        {
            throw new InvalidOperationException($"The graph {Name} has {Outputs.Length} outputs.");
        }

        return Run(inputs, cancellationToken)[Outputs[0].Name];
    }

    /// <inheritdoc cref="RunInto(IReadOnlyDictionary{string, GraphTensor}, IReadOnlyDictionary{string, GraphTensor}, bool, CancellationToken)"/>
    public void RunInto(IReadOnlyDictionary<string, GraphTensor> inputs, IReadOnlyDictionary<string, GraphTensor> outputs, CancellationToken cancellationToken = default) =>
        RunInto(inputs, outputs, keepMemory: false, cancellationToken);

    /// <summary>Runs the graph and lets it write its outputs straight into tensors of the caller.</summary>
    /// <param name="inputs">A tensor for every input.</param>
    /// <param name="outputs">The wanted outputs; each tensor has exactly the shape that the graph produces.</param>
    /// <param name="keepMemory">
    /// Whether freed working memory is kept for a run that follows at once, in spite of <see cref="GraphSessionOptions.ReleaseMemoryAfterRun"/>: getting
    /// it anew from the system can take longer than the run.
    /// </param>
    /// <param name="cancellationToken">Ends the run between two operations.</param>
    /// <exception cref="ArgumentException">A tensor is missing, unknown, or does not fit the graph.</exception>
    /// <exception cref="GraphException">The run failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void RunInto(
        IReadOnlyDictionary<string, GraphTensor> inputs,
        IReadOnlyDictionary<string, GraphTensor> outputs,
        bool keepMemory,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        foreach ((string name, GraphTensor tensor) in outputs)
        {
            GraphPort port = Outputs.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.Ordinal))
                ?? throw new ArgumentException($"The graph {Name} has no output {name}; it has {string.Join(", ", Outputs.Select(p => p.Name))}.", nameof(outputs));
            CheckPort(port, tensor, [], nameof(outputs));
        }

        List<OrtValue> bound = [];
        try
        {
            Execute(
                inputs,
                binding =>
                {
                    foreach ((string name, GraphTensor tensor) in outputs)
                    {
                        OrtValue value = tensor.Bind();
                        bound.Add(value);
                        binding.BindOutput(name, value);
                    }
                },
                _ => { },
                keepMemory,
                cancellationToken);
        }
        finally
        {
            bound.ForEach(value => value.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _session.Dispose();
        }
    }

    private static SessionOptions CreateNativeOptions(GraphSessionOptions options)
    {
        bool hasGlobalPool = GraphRuntime.Start();
        SessionOptions native = new()
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,

            // A memory pattern keeps one block per set of input shapes; with symbolic shapes that adds up and saves no time.
            EnableMemoryPattern = false,
        };
        try
        {
            if (options.ThreadCount is int threads)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
                native.IntraOpNumThreads = threads;
                native.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            }
            else if (hasGlobalPool)
            {
                native.DisablePerSessionThreads();
            }
            else
            {
                native.IntraOpNumThreads = GraphRuntime.ThreadCount;
                native.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            }

            if (options.ConstantFoldingLimit is long limit)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(limit);
                native.AddSessionConfigEntry("optimization.constant_folding_max_output_size_in_bytes", limit.ToString());
            }

            AddProvider(native, options);
            return native;
        }
        catch
        {
            native.Dispose();
            throw;
        }
    }

    private static void AddProvider(SessionOptions native, GraphSessionOptions options)
    {
        if (options.Provider == ExecutionProvider.Cpu)
        {
            return;
        }

        ArgumentOutOfRangeException.ThrowIfNegative(options.DeviceId);
        try
        {
            native.AppendExecutionProvider_CUDA(options.DeviceId);
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or DllNotFoundException or EntryPointNotFoundException or InvalidOperationException)
        {
            throw new ExecutionProviderUnavailableException(
                $"CUDA was asked for (GPU {options.DeviceId}), but ONNX Runtime {GraphRuntime.Version} could not start its CUDA provider. "
                + $"The loaded library offers: {string.Join(", ", GraphRuntime.AvailableProviders)}; looked in {AppContext.BaseDirectory}. "
                + "Reference the package Microsoft.ML.OnnxRuntime.Gpu in place of Microsoft.ML.OnnxRuntime, install the NVIDIA driver, CUDA 12 and cuDNN 9, "
                + $"or choose the CPU. ONNX Runtime said: {exception.Message}",
                exception);
        }
    }

    private static HostTensor Copy(string name, OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        if (info.ElementDataType != Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float)
        {
            throw new GraphException($"The output {name} is {info.ElementDataType}; graphs hand out fp32 (add a Cast).");
        }

        return new HostTensor(new TensorShape(info.Shape), value.GetTensorDataAsSpan<float>().ToArray());
    }

    private void Execute(
        IReadOnlyDictionary<string, GraphTensor> inputs,
        Action<OrtIoBinding> bindOutputs,
        Action<OrtIoBinding> takeOutputs,
        bool keepMemory,
        CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        CheckInputs(inputs);
        List<OrtValue> bound = [];
        try
        {
            using RunOptions run = new();
            if (_options.ReleaseMemoryAfterRun && !keepMemory)
            {
                run.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
            }

            using OrtIoBinding binding = _session.CreateIoBinding();
            foreach ((string name, GraphTensor tensor) in inputs)
            {
                OrtValue value = tensor.Bind();
                bound.Add(value);
                binding.BindInput(name, value);
            }

            bindOutputs(binding);
            using CancellationTokenRegistration registration = cancellationToken.Register(() => run.Terminate = true);
            long start = Stopwatch.GetTimestamp();
            _session.RunWithBinding(run, binding);
            _options.Observer?.Invoke(Name, start);
            cancellationToken.ThrowIfCancellationRequested();
            takeOutputs(binding);
        }
        catch (OnnxRuntimeException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string given = string.Join(", ", inputs.Select(i => $"{i.Key} {i.Value.DataType} {i.Value.Shape}"));
            throw new GraphException($"The graph {Name} failed on {_options.Provider} with {given}: {exception.Message}", exception);
        }
        finally
        {
            bound.ForEach(value => value.Dispose());
            GC.KeepAlive(inputs);
        }
    }

    private void CheckInputs(IReadOnlyDictionary<string, GraphTensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Dictionary<string, long> symbols = new(StringComparer.Ordinal);
        foreach (GraphPort port in Inputs)
        {
            if (!inputs.TryGetValue(port.Name, out GraphTensor? tensor))
            {
                throw new ArgumentException($"The graph {Name} needs the input {port}.", nameof(inputs));
            }

            CheckPort(port, tensor, symbols, nameof(inputs));
        }

        if (inputs.Count != Inputs.Length)
        {
            string unknown = string.Join(", ", inputs.Keys.Where(key => !Inputs.Any(p => string.Equals(p.Name, key, StringComparison.Ordinal))));
            throw new ArgumentException($"The graph {Name} has no input {unknown}; it has {string.Join(", ", Inputs.Select(p => p.Name))}.", nameof(inputs));
        }
    }

    private void CheckPort(GraphPort port, GraphTensor tensor, Dictionary<string, long> symbols, string argument)
    {
        bool fits = tensor.DataType == port.DataType && tensor.Shape.Rank == port.Dimensions.Length;
        for (int axis = 0; fits && axis < port.Dimensions.Length; axis++)
        {
            GraphDimension expected = port.Dimensions[axis];
            long actual = tensor.Shape[axis];
            if (expected.Size is long size)
            {
                fits = actual == size;
            }
            else if (symbols.TryGetValue(expected.Symbol!, out long known))
            {
                fits = actual == known;
            }
            else
            {
                symbols.Add(expected.Symbol!, actual);
            }
        }

        if (!fits)
        {
            string chosen = string.Join(", ", symbols.Select(s => $"{s.Key} = {s.Value}"));
            throw new ArgumentException(
                $"The graph {Name} declares {port}, but {tensor.DataType} {tensor.Shape} was given{(chosen.Length > 0 ? $" with {chosen}" : string.Empty)}.",
                argument);
        }
    }
}
