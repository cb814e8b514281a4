using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

public abstract partial class ComputeDeviceConformance
{
    [Fact]
    public void Wrong_arguments_throw_before_anything_is_written()
    {
        using DeviceUnderTest test = Start();
        using DeviceUnderTest other = Start();
        IComputeDevice device = test.Device;
        DeviceMatrix input = test.Place(TestRandom.Values(1, 6 * 8), 6, 8);
        DeviceMatrix narrow = test.Place(TestRandom.Values(2, 6 * 7), 6, 7);
        DeviceMatrix row = test.Place(TestRandom.Values(3, 8), 1, 8);
        DeviceMatrix shortRow = test.Place(TestRandom.Values(3, 7), 1, 7);
        DeviceMatrix twoRows = test.Place(TestRandom.Values(3, 16), 2, 8);
        DeviceMatrix output = test.Place(6, 8);
        DeviceMatrix shortOutput = test.Place(5, 8);
        DeviceMatrix foreign = other.Place(6, 8);
        StoredTensorData square = new(DataType.Float32, TestRandom.Values(4, 64), 8, 8);
        using IDeviceWeight linear = device.PrepareLinear([new LinearPart(square, null)]);
        using IDeviceWeight convolution = device.PrepareConvolution(new ConvolutionPart(new StoredTensorData(DataType.Float32, TestRandom.Values(4, 64), 8, 8, 1, 1), null));
        using IDeviceWeight foreignWeight = other.Device.PrepareLinear([new LinearPart(square, null)]);
        using DeviceIndices six = device.CreateIndices([0, 1, 0, 1, 0, 1]);
        using DeviceIndices five = device.CreateIndices([0, 1, 0, 1, 0]);
        using DeviceIndices beyond = device.CreateIndices([0, 1, 0, 2, 0, 1]);
        using DeviceRotaryTable table = device.CreateRotaryTable(new float[5 * 4], new float[5 * 4], 5, 8, 2, RotaryLayout.Split);
        RowVectors tooFew = new(twoRows, five);
        RowVectors outside = new(twoRows, beyond);
        RowVectors tooNarrow = new(shortRow, null);
        VolumeShape shape = new(1, 2, 3);
        VolumeShape wrongShape = new(1, 2, 2);
        LinearEpilogue store = LinearEpilogue.Store;

        Action[] wrong =
        [
            () => device.Linear(narrow, linear, output, store),
            () => device.Linear(input, linear, shortOutput, store),
            () => device.Linear(input, linear, narrow, store),
            () => device.Linear(default, linear, output, store),
            () => device.Linear(input, linear, default, store),
            () => device.Linear(input, linear, input, store),
            () => device.Linear(input, convolution, output, store),
            () => device.Linear(input, foreignWeight, output, store),
            () => device.Linear(foreign, linear, output, store),
            () => device.Linear(input, linear, foreign, store),
            () => device.Linear(input, null!, output, store),
            () => device.Linear(input, linear, output, new LinearEpilogue { Gate = new RowVectors(row, null) }),
            () => device.Linear(input, linear, output, new LinearEpilogue { Activation = (Activation)99 }),
            () => device.Linear(input, linear, output, LinearEpilogue.AddTo(tooFew)),
            () => device.Linear(input, linear, output, LinearEpilogue.AddTo(outside)),
            () => device.Linear(input, linear, output, LinearEpilogue.AddTo(tooNarrow)),
            () => device.Linear(input, linear, output, store, new RmsNorm(-1f, null, null)),
            () => device.Linear(input, linear, output, store, new RmsNorm(1e-6f, tooFew, null)),
            () => device.Linear(input, linear, output, store, new RmsNorm(1e-6f, null, tooNarrow)),
            () => device.RmsNormModulate(input, 1e-6f, null, null, shortOutput),
            () => device.RmsNormModulate(input, -1f, null, null, output),
            () => device.RmsNormModulate(input, float.NaN, null, null, output),
            () => device.RmsNormModulate(input, 1e-6f, tooFew, null, output),
            () => device.RmsNormModulate(input, 1e-6f, null, outside, output),
            () => device.RmsNormModulate(foreign, 1e-6f, null, null, output),
            () => device.LayerNormModulate(input, 1e-6f, tooNarrow, null, output),
            () => device.LayerNormModulate(narrow, 1e-6f, null, null, output),
            () => device.RmsNormRotate(output, shortRow, 1e-6f, null),
            () => device.RmsNormRotate(output, twoRows, 1e-6f, null),
            () => device.RmsNormRotate(output, row, 1e-6f, table),
            () => device.Attention(input, input, narrow, output, 2, 1f),
            () => device.Attention(input, narrow, input, output, 2, 1f),
            () => device.Attention(input, input, input, shortOutput, 2, 1f),
            () => device.Attention(input, input, input, output, 3, 1f),
            () => device.Attention(input, input, input, output, 8, 1f),
            () => device.Attention(input, input, input, output, 0, 1f),
            () => device.Attention(input, input.RowRange(0, 0), input.RowRange(0, 0), output, 2, 1f),
            () => device.Attention(output, input, input, output, 2, 1f),
            () => device.AddGated(output, narrow, null),
            () => device.AddGated(output, input, tooFew),
            () => device.AddGated(output, input, new RowVectors(row.RowRange(0, 0), null)),
            () => device.AddRow(input, shortRow, output),
            () => device.AddRow(input, twoRows, output),
            () => device.AddRow(input, row, shortOutput),
            () => device.ScaleShift(input, row, shortRow, output),
            () => device.ScaleShift(input, shortRow, row, output),
            () => device.Activate(input, (Activation)99, output),
            () => device.Activate(narrow, Activation.Silu, output),
            () => device.RoundToFloat8(narrow, 1, output),
            () => device.RoundToFloat8(input, 0, output),
            () => device.RoundToFloat8(input, -1, output),
            () => device.RoundToFloat8(input, float.NaN, output),
            () => device.RoundToFloat8(input, float.PositiveInfinity, output),
            () => device.Copy(narrow, output),
            () => device.Copy(output, output),
            () => device.Convolution(input, wrongShape, convolution, output),
            () => device.Convolution(input, new VolumeShape(-1, -2, 3), convolution, output),
            () => device.Convolution(input, new VolumeShape(int.MaxValue, int.MaxValue, int.MaxValue), convolution, output),
            () => device.Convolution(input, shape, linear, output),
            () => device.Convolution(narrow, shape, convolution, output),
            () => device.Convolution(input, shape, convolution, shortOutput),
            () => device.GroupNorm(input, 3, 1e-5f, row, row, null, Activation.None, output),
            () => device.GroupNorm(input, 0, 1e-5f, row, row, null, Activation.None, output),
            () => device.GroupNorm(input, 2, 1e-5f, shortRow, row, null, Activation.None, output),
            () => device.GroupNorm(input, 2, 1e-5f, row, row, narrow, Activation.None, output),
            () => device.GroupNorm(input, 2, 1e-5f, row, row, null, Activation.None, shortOutput),
            () => device.PixelShuffle(input, shape, 3, output),
            () => device.PixelShuffle(input, shape, 2, output),
            () => device.PixelShuffle(input, wrongShape, 1, output),
            () => device.PixelShuffle(input, shape, 0, output),
            () => device.FrameShuffle(narrow, shape, output),
            () => device.FrameShuffle(input, shape, output),
            () => device.BlurDown(input, shape, new float[4], 1, output),
            () => device.BlurDown(input, shape, [], 1, output),
            () => device.BlurDown(input, shape, new float[9], 0, output),
            () => device.BlurDown(input, shape, new float[9], 2, output),
            () => device.Upload(new float[47], output),
            () => device.Download(input, new float[49]),
        ];
        for (int i = 0; i < wrong.Length; i++)
        {
            Exception? exception = Record.Exception(wrong[i]);
            Assert.True(exception is ArgumentException, $"Call {i} gave {exception?.GetType().Name ?? "no exception"}.");
            Assert.True(test.IsUntouched(output) && test.IsUntouched(shortOutput) && other.IsUntouched(foreign), $"Call {i} wrote something.");
        }
    }

    [Fact]
    public void Wrong_weights_are_refused()
    {
        using DeviceUnderTest test = Start();
        IComputeDevice device = test.Device;
        StoredTensorData square = new(DataType.Float32, TestRandom.Values(4, 64), 8, 8);
        StoredTensorData narrow = new(DataType.Float32, TestRandom.Values(4, 56), 8, 7);
        StoredTensorData bias = new(DataType.Float32, TestRandom.Values(4, 7), 7);
        StoredTensorData even = new(DataType.Float32, TestRandom.Values(4, 64), 4, 4, 2, 2);
        long before = device.AllocatedBytes;
        Assert.ThrowsAny<ArgumentException>(() => device.PrepareLinear([]));
        Assert.ThrowsAny<ArgumentException>(() => device.PrepareLinear([default]));
        Assert.ThrowsAny<ArgumentException>(() => device.PrepareLinear([new LinearPart(square, null), new LinearPart(narrow, null)]));
        Assert.ThrowsAny<ArgumentException>(() => device.PrepareLinear([new LinearPart(square, bias)]));
        Assert.ThrowsAny<ArgumentException>(() => device.PrepareLinear([new LinearPart(bias, null)]));
        Assert.ThrowsAny<ArgumentException>(() => device.PrepareConvolution(new ConvolutionPart(even, null)));
        Assert.ThrowsAny<ArgumentException>(() => device.PrepareConvolution(new ConvolutionPart(square, null)));
        Assert.ThrowsAny<ArgumentException>(() => device.PrepareConvolution(default));
        Assert.ThrowsAny<ArgumentException>(() => device.CreateIndices([0, -1]));
        Assert.ThrowsAny<ArgumentException>(() => device.CreateRotaryTable(new float[4], new float[4], 1, 8, 3, RotaryLayout.Split));
        Assert.ThrowsAny<ArgumentException>(() => device.CreateRotaryTable(new float[4], new float[3], 1, 8, 2, RotaryLayout.Split));
        Assert.ThrowsAny<ArgumentException>(() => device.CreateRotaryTable(new float[4], new float[4], 1, 8, 2, (RotaryLayout)9));
        Assert.ThrowsAny<ArgumentException>(() => device.Allocate(0));
        Assert.ThrowsAny<ArgumentException>(() => device.Allocate(-1));
        Assert.Equal(before, device.AllocatedBytes);
    }
}
