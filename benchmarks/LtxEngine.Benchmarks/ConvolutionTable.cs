using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;
using LtxEngine.Tensors;

namespace LtxEngine.Benchmarks;

/// <summary>
/// The convolutions of the video VAE (3×3×3) and of the vocoder in the forms that ONNX Runtime could be given, the first also in the engine's own
/// kernel: why the graphs are
/// built as they are. Zero padding in space, copies of the edge frames in time; fp32.
/// </summary>
internal static class ConvolutionTable
{
    private const int Rounds = 7;

    private static readonly (int Frames, int Height, int Width, int Channels)[] Sizes = [(5, 32, 32, 512), (9, 64, 64, 256), (9, 96, 96, 128)];

    private static readonly (int Samples, int Channels, int Kernel, int Dilation)[] Rows = [(4000, 256, 3, 1), (4000, 256, 7, 3), (16000, 64, 11, 5)];

    /// <summary>Measures and prints Markdown tables.</summary>
    public static void Run()
    {
        Console.WriteLine("| frames × height × width, channels | threads | form | 10⁹ op/s per thread | × three 2-D convolutions | relative error |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach ((int frames, int height, int width, int channels) in Sizes)
        {
            Measure(frames, height, width, channels, threads: 1);
            Measure(frames, height, width, channels, threads: 2);
        }

        Console.WriteLine();
        Console.WriteLine("| samples, channels, kernel, dilation | threads | form | 10⁹ op/s per thread | × one 1-D convolution | relative error |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach ((int samples, int channels, int kernel, int dilation) in Rows)
        {
            MeasureRow(samples, channels, kernel, dilation, threads: 1);
            MeasureRow(samples, channels, kernel, dilation, threads: 2);
        }
    }

    private static void MeasureRow(int samples, int channels, int kernel, int dilation, int threads)
    {
        using PeerRounds rounds = new(Rounds);
        float[] input = BenchmarkValues.Uniform((long)samples * channels, 1);
        float[] weight = BenchmarkValues.Uniform((long)channels * channels * kernel, 2);
        long padding = dilation * (kernel - 1) / 2;
        List<GraphSession> sessions = [];
        Dictionary<string, GraphTensor> inputs = new(StringComparer.Ordinal) { ["x"] = GraphTensor.From(input, new TensorShape(1, channels, samples)) };
        Add("one 1-D convolution", (graph, x) => graph.Convolution(
            x, graph.Constant(weight, channels, channels, kernel), GraphValue.None, new ConvolutionSettings { Padding = [padding, padding], Dilations = [dilation] }));
        Add("one 2-D convolution of height 1", (graph, x) => graph.Squeeze(
            graph.Convolution(
                graph.Unsqueeze(x, 2),
                graph.Constant(weight, channels, channels, 1, kernel),
                GraphValue.None,
                new ConvolutionSettings { Padding = [0, padding, 0, padding], Dilations = [1, dilation] }),
            2));
        rounds.Measure();

        double operations = 2.0 * samples * channels * channels * kernel;
        float[] expected = Result(0);
        for (int i = 0; i < sessions.Count; i++)
        {
            PeerRounds.Write($"| {samples}, {channels}, {kernel}, {dilation} | {threads} | {rounds.Names[i]} | {operations / rounds.Seconds(i) / 1e9:F0} | {rounds.Ratio(i, 0):F2} | {Statistics.RelativeError(expected, Result(i)):0.0e-0} |");
        }

        float[] Result(int session) => sessions[session].Run(inputs)["y"].Data.AsSpan().ToArray();

        void Add(string name, Func<OnnxGraphBuilder, GraphValue, GraphValue> build)
        {
            OnnxGraphBuilder graph = new("convolution");
            GraphValue x = graph.Input("x", DataType.Float32, 1, channels, samples);
            graph.Output("y", build(graph, x), 1, channels, samples);
            GraphSession session = rounds.Own(GraphSession.Create(graph.Build(), new GraphSessionOptions { ThreadCount = threads, ReleaseMemoryAfterRun = false }));
            sessions.Add(session);
            rounds.Add(name, () => session.Run(inputs));
        }
    }

    private static void Measure(int frames, int height, int width, int channels, int threads)
    {
        using PeerRounds rounds = new(Rounds);
        float[] input = BenchmarkValues.Uniform((long)frames * channels * height * width, 1);
        BenchmarkTensor stored = new(DataType.BFloat16, channels, channels, 3, 3, 3);
        float[] weight = new float[(long)channels * channels * 27];
        TensorConversion.ToFloat32(stored, weight);
        List<Func<float[]>> results = [];

        AddGraph("three 2-D convolutions", (graph, x) => ThreeConvolutions(graph, x, weight, channels));
        AddGraph("one 2-D convolution, frames stacked as channels", (graph, x) => StackedConvolution(graph, x, weight, channels));
        AddGraph("one 3-D convolution", (graph, x) => VolumeConvolution(graph, x, weight, channels));

        CpuComputeDevice device = rounds.Own(new CpuComputeDevice(threads));
        int positions = frames * height * width;
        DeviceMatrix source = rounds.Own(device.Allocate((long)(frames + 2) * height * width * channels)).AsMatrix((frames + 2) * height * width, channels);
        DeviceMatrix target = rounds.Own(device.Allocate((long)(frames + 2) * height * width * channels)).AsMatrix((frames + 2) * height * width, channels);
        device.Upload(ChannelsLast(input, frames, channels, height * width), source);
        IDeviceWeight packed = rounds.Own(device.PrepareConvolution(new ConvolutionPart(stored, null)));
        rounds.Add("the engine's kernel, channels last", () => device.Convolution(source, new VolumeShape(frames + 2, height, width), packed, target));
        results.Add(() =>
        {
            float[] values = new float[target.Rows * channels];
            device.Download(target, values);
            return ChannelsFirst(values.AsSpan(height * width * channels, positions * channels), frames, channels, height * width);
        });
        rounds.Measure();

        // The kernel computes the two frames of the padding too: they do not count as work.
        double operations = 2.0 * 27 * positions * channels * channels;
        float[] expected = results[0]();
        for (int i = 0; i < results.Count; i++)
        {
            double work = i == results.Count - 1 ? operations * (frames + 2) / frames : operations;
            double ratio = rounds.Ratio(i, 0) * work / operations;
            PeerRounds.Write($"| {frames} × {height} × {width}, {channels} | {threads} | {rounds.Names[i]} | {work / rounds.Seconds(i) / 1e9:F0} | {ratio:F2} | {Statistics.RelativeError(expected, results[i]()):0.0e-0} |");
        }

        void AddGraph(string name, Func<OnnxGraphBuilder, GraphValue, GraphValue> build)
        {
            OnnxGraphBuilder graph = new("convolution");
            GraphValue x = graph.Input("x", DataType.Float32, frames, channels, height, width);
            graph.Output("y", build(graph, x), frames, channels, height, width);
            GraphSession session = rounds.Own(GraphSession.Create(graph.Build(), new GraphSessionOptions { ThreadCount = threads, ReleaseMemoryAfterRun = false }));
            Dictionary<string, GraphTensor> inputs = new(StringComparer.Ordinal) { ["x"] = GraphTensor.From(input, new TensorShape(frames, channels, height, width)) };
            rounds.Add(name, () => session.Run(inputs));
            results.Add(() => session.Run(inputs)["y"].Data.AsSpan().ToArray());
        }
    }

    private static GraphValue ThreeConvolutions(OnnxGraphBuilder graph, GraphValue x, float[] weight, int channels)
    {
        GraphValue padded = Padded(graph, x);
        GraphValue? sum = null;
        for (int time = 0; time < 3; time++)
        {
            float[] kernel = Kernel(weight, channels, time, time + 1);
            GraphValue part = graph.Convolution(Frames(graph, padded, time), graph.Constant(kernel, channels, channels, 3, 3), GraphValue.None, Spatial);
            sum = sum is { } before ? graph.Add(part, before) : part;
        }

        return sum!.Value;
    }

    private static GraphValue StackedConvolution(OnnxGraphBuilder graph, GraphValue x, float[] weight, int channels)
    {
        GraphValue padded = Padded(graph, x);
        GraphValue stacked = graph.Concat(1, Frames(graph, padded, 0), Frames(graph, padded, 1), Frames(graph, padded, 2));
        return graph.Convolution(stacked, graph.Constant(Kernel(weight, channels, 0, 3), channels, 3 * channels, 3, 3), GraphValue.None, Spatial);
    }

    private static GraphValue VolumeConvolution(OnnxGraphBuilder graph, GraphValue x, float[] weight, int channels)
    {
        GraphValue volume = graph.Unsqueeze(graph.Transpose(Padded(graph, x), 1, 0, 2, 3), 0);
        GraphValue result = graph.Convolution(
            volume, graph.Constant(weight, channels, channels, 3, 3, 3), GraphValue.None, new ConvolutionSettings { Padding = [0, 1, 1, 0, 1, 1] });
        return graph.Transpose(graph.Squeeze(result, 0), 1, 0, 2, 3);
    }

    private static ConvolutionSettings Spatial => new() { Padding = [1, 1, 1, 1] };

    private static GraphValue Padded(OnnxGraphBuilder graph, GraphValue x) => graph.Pad(x, PaddingMode.Edge, [0], [1], [1]);

    private static GraphValue Frames(OnnxGraphBuilder graph, GraphValue padded, int first) =>
        graph.Slice(padded, 0, first, first == 2 ? long.MaxValue : first - 2);

    /// <summary>[out, in, 3, 3, 3] to [out, times · in, 3, 3].</summary>
    private static float[] Kernel(float[] weight, int channels, int firstTime, int endTime)
    {
        int times = endTime - firstTime;
        float[] kernel = new float[(long)channels * times * channels * 9];
        for (int output = 0; output < channels; output++)
        {
            for (int time = 0; time < times; time++)
            {
                for (int input = 0; input < channels; input++)
                {
                    int source = ((((output * channels) + input) * 3) + firstTime + time) * 9;
                    int target = ((((output * times) + time) * channels) + input) * 9;
                    weight.AsSpan(source, 9).CopyTo(kernel.AsSpan(target));
                }
            }
        }

        return kernel;
    }

    /// <summary>[frames, channels, positions] to [1 + frames + 1, positions, channels] with copies of the edge frames.</summary>
    private static float[] ChannelsLast(float[] values, int frames, int channels, int positions)
    {
        float[] result = new float[(frames + 2) * positions * channels];
        for (int frame = 0; frame < frames + 2; frame++)
        {
            int source = Math.Clamp(frame - 1, 0, frames - 1) * channels * positions;
            for (int i = 0; i < channels * positions; i++)
            {
                result[(((frame * positions) + (i % positions)) * channels) + (i / positions)] = values[source + i];
            }
        }

        return result;
    }

    /// <summary>[frames, positions, channels] to [frames, channels, positions].</summary>
    private static float[] ChannelsFirst(ReadOnlySpan<float> values, int frames, int channels, int positions)
    {
        float[] result = new float[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int channel = i / positions % channels;
            result[i] = values[((((i / positions / channels) * positions) + (i % positions)) * channels) + channel];
        }

        return result;
    }
}
