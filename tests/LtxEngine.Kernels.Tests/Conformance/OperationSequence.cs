using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Kernels.Tests.Conformance;

/// <summary>Every operation once, on sizes large enough to be cut into many tasks.</summary>
internal sealed class OperationSequence : IDisposable
{
    private const int Tokens = 203;
    private const int Width = 160;
    private readonly DeviceUnderTest _test;
    private readonly List<DeviceMatrix> _outputs = [];
    private readonly List<(string Name, Action Run)> _operations = [];
    private readonly List<IDisposable> _owned = [];
    private readonly float[] _blur = TestRandom.Values(90, 25);

    public OperationSequence(DeviceUnderTest test)
    {
        _test = test;
        IComputeDevice device = test.Device;
        DeviceMatrix input = Input(1, Tokens, Width);
        DeviceIndices indices = Own(device.CreateIndices(Enumerable.Range(0, Tokens).Select(t => t % 4).ToArray()));
        RowVectors vectors = new(Input(2, 4, Width), indices);
        RowVectors wide = new(Input(3, 4, 3 * Width), indices);
        DeviceMatrix row = Input(4, 1, Width);
        foreach (DataType type in new[] { DataType.BFloat16, DataType.Float32, DataType.Float8E4M3 })
        {
            StoredTensorData weight = new(type, TestRandom.Values(5, 3 * Width * Width), 3 * Width, Width);
            IDeviceWeight packed = Own(device.PrepareLinear([new LinearPart(weight, null)]));
            DeviceMatrix product = Output(Tokens, 3 * Width);
            Add("Linear", () => device.Linear(input, packed, product, LinearEpilogue.Activate(Activation.GeluTanh)));
            DeviceMatrix sum = Output(Tokens, 3 * Width);
            Add("Linear with residual", () => device.Linear(input, packed, sum, LinearEpilogue.AddTo(wide)));
            DeviceMatrix fused = Output(Tokens, 3 * Width);
            RmsNorm norm = new(1e-6f, vectors, null);
            Add("Linear with norm", () => device.Linear(input, packed, fused, LinearEpilogue.AddTo(wide), norm));
        }

        StoredTensorData deepWeight = new(DataType.BFloat16, TestRandom.Values(6, 70 * 1400), 70, 1400);
        IDeviceWeight deep = Own(device.PrepareLinear([new LinearPart(deepWeight, null)]));
        foreach (int rows in new[] { 1, 9, 40 })
        {
            DeviceMatrix deepInput = Input(7, rows, 1400);
            DeviceMatrix deepOutput = Output(rows, 70);
            Add("Linear, deep", () => device.Linear(deepInput, deep, deepOutput, LinearEpilogue.Store));
        }

        StoredTensorData rows16 = new(DataType.BFloat16, TestRandom.Values(16, 300 * 1030), 300, 1030);
        IDeviceWeight bound = Own(device.BindLinear(rows16));
        foreach (int rows in new[] { 1, 9, 190 })
        {
            DeviceMatrix boundInput = Input(17, rows, 1030);
            DeviceMatrix boundOutput = Output(rows, 300);
            Add("Linear, bound", () => device.Linear(boundInput, bound, boundOutput, LinearEpilogue.Activate(Activation.GeluTanh)));
        }

        DeviceMatrix normed = Output(Tokens, Width);
        Add("RmsNormModulate", () => device.RmsNormModulate(input, 1e-6f, vectors, vectors, normed));
        DeviceMatrix layerNormed = Output(Tokens, Width);
        Add("LayerNormModulate", () => device.LayerNormModulate(input, 1e-6f, vectors, null, layerNormed));
        foreach (RotaryLayout layout in Enum.GetValues<RotaryLayout>())
        {
            float[] angles = TestRandom.Values(8, Tokens * Width / 2);
            DeviceRotaryTable table = Own(device.CreateRotaryTable(angles, angles, Tokens, Width, 5, layout));
            DeviceMatrix rotated = Output(Tokens, Width);
            Add("RmsNormRotate", () => device.RmsNormRotate(rotated, row, 1e-6f, table));
        }

        DeviceMatrix attended = Output(Tokens, Width);
        Add("Attention", () => device.Attention(input, normed, layerNormed, attended, 5, 0.2f));
        DeviceMatrix fewHeads = Input(18, Tokens, 32);
        KeyRanges ranges = Own(KeyRanges.Create(device, [.. Enumerable.Range(0, Tokens).Select(t => Math.Max(0, t - 180))], [.. Enumerable.Range(1, Tokens)]));
        DeviceMatrix seen = Output(Tokens, Width);
        Add("Attention, causal with shared keys", () => device.Attention(input, fewHeads, fewHeads, seen, 5, 0.2f, ranges));
        foreach (int queries in new[] { 1, 2 })
        {
            DeviceMatrix lastSeen = Output(queries, Width);
            Add("Attention of few queries", () => device.Attention(input.RowRange(0, queries), normed, layerNormed, lastSeen, 5, 0.2f));
        }

        DeviceMatrix multiplied = Output(Tokens, Width);
        Add("Multiply", () => device.Multiply(input, normed, multiplied));
        DeviceMatrix residual = Output(Tokens, Width);
        Add("AddGated", () => device.AddGated(residual, input, vectors));
        DeviceMatrix added = Output(Tokens, Width);
        Add("AddRow", () => device.AddRow(input, row, added));
        DeviceMatrix scaled = Output(Tokens, Width);
        Add("ScaleShift", () => device.ScaleShift(input, row, row, scaled));
        DeviceMatrix activated = Output(Tokens, Width);
        Add("Activate", () => device.Activate(input, Activation.Silu, activated));
        DeviceMatrix rounded = Output(Tokens, Width);
        Add("RoundToFloat8", () => device.RoundToFloat8(input, 0.013f, rounded));
        DeviceMatrix copied = Output(Tokens, Width);
        Add("Copy", () => device.Copy(input, copied));

        VolumeShape shape = new(3, 10, 14);
        DeviceMatrix volume = Input(9, shape.Positions, 64);
        StoredTensorData kernel = new(DataType.BFloat16, TestRandom.Values(10, 48 * 64 * 27), 48, 64, 3, 3, 3);
        IDeviceWeight convolution = Own(device.PrepareConvolution(new ConvolutionPart(kernel, null)));
        DeviceMatrix convolved = Output(shape.Positions, 48);
        Add("Convolution", () => device.Convolution(volume, shape, convolution, convolved));
        DeviceMatrix channels = Input(11, 1, 64);
        DeviceMatrix grouped = Output(shape.Positions, 64);
        Add("GroupNorm", () => device.GroupNorm(volume, 8, 1e-5f, channels, channels, volume, Activation.Silu, grouped));
        DeviceMatrix shuffled = Output(shape.Positions * 4, 16);
        Add("PixelShuffle", () => device.PixelShuffle(volume, shape, 2, shuffled));
        DeviceMatrix frames = Output(5 * 140, 32);
        Add("FrameShuffle", () => device.FrameShuffle(volume, shape, frames));
        DeviceMatrix blurred = Output(3 * 5 * 7, 64);
        Add("BlurDown", () => device.BlurDown(volume, shape, _blur, 2, blurred));
    }

    /// <summary>Runs every operation.</summary>
    public void RunAll()
    {
        foreach ((_, Action run) in _operations)
        {
            run();
        }
    }

    /// <summary>The operations that allocate managed memory on the calling thread whenever they run, with the bytes.</summary>
    public IEnumerable<string> Allocating()
    {
        foreach ((string name, Action run) in _operations)
        {
            long allocated = SteadyAllocation.Of(run);
            if (allocated != 0)
            {
                yield return $"{name}: {allocated} bytes";
            }
        }
    }

    /// <summary>All outputs one after the other.</summary>
    public float[] Results() => _outputs.SelectMany(_test.Read).ToArray();

    public void Dispose() => _owned.ForEach(owned => owned.Dispose());

    private void Add(string name, Action run) => _operations.Add((name, run));

    private DeviceMatrix Input(int seed, int rows, int columns) => _test.Place(TestRandom.Values(seed, rows * columns), rows, columns);

    private DeviceMatrix Output(int rows, int columns)
    {
        // Some operations update their output: it starts with values.
        DeviceMatrix output = Input(50 + _outputs.Count, rows, columns);
        _outputs.Add(output);
        return output;
    }

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
