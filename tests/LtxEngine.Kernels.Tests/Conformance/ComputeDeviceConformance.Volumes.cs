using LtxEngine.Tensors;

namespace LtxEngine.Kernels.Tests.Conformance;

public abstract partial class ComputeDeviceConformance
{
    public static TheoryData<int[], int, int, int[]> ConvolutionSizes => new()
    {
        { [1, 1, 1], 1, 1, [1, 1] },
        { [1, 1, 1], 3, 2, [3, 3] },
        { [2, 3, 4], 5, 7, [3, 3] },
        { [3, 5, 4], 8, 33, [3, 3, 3] },
        { [1, 7, 6], 16, 4, [3, 3, 3] },
        { [4, 2, 3], 3, 5, [5, 3, 1] },
        { [2, 4, 9], 2, 3, [1, 5] },
        { [5, 1, 1], 4, 4, [3, 1, 1] },
        { [3, 9, 11], 20, 40, [3, 3, 3] },
    };

    [Theory]
    [MemberData(nameof(ConvolutionSizes))]
    public void Convolution_matches_the_formula(int[] extents, int inputs, int outputs, int[] kernel)
    {
        foreach (DataType dataType in new[] { DataType.BFloat16, DataType.Float32 })
        {
            using DeviceUnderTest test = Start();
            VolumeShape shape = new(extents[0], extents[1], extents[2]);
            int taps = kernel.Aggregate(1, (product, extent) => product * extent);
            float[] input = TestRandom.Values(1, shape.Positions * inputs);
            long[] weightShape = [outputs, inputs, .. kernel.Select(extent => (long)extent)];
            StoredTensorData weight = new(dataType, TestRandom.Values(2, outputs * inputs * taps), weightShape);
            StoredTensorData bias = new(dataType, TestRandom.Values(3, outputs), outputs);
            using IDeviceWeight packed = test.Device.PrepareConvolution(new ConvolutionPart(weight, bias));
            Assert.Equal(inputs, packed.InputFeatures);
            Assert.Equal(outputs, packed.OutputFeatures);
            DeviceMatrix output = test.Place(shape.Positions, outputs);
            test.Device.Convolution(test.Place(input, shape.Positions, inputs), shape, packed, output);
            int kernelFrames = kernel.Length == 3 ? kernel[0] : 1;
            double[] expected = ReferenceOperations.Convolution(
                input, shape, inputs, weight.Values, bias.Values, outputs, kernelFrames, kernel[^2], kernel[^1]);
            Closeness.Check(expected, test.Read(output), 0, ProductLimit * ((inputs * taps) + 1));
        }
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(2, 3, 4, 5, 2)]
    [InlineData(1, 2, 5, 17, 3)]
    [InlineData(3, 4, 1, 32, 2)]
    public void PixelShuffle_matches_the_formula(int frames, int height, int width, int channels, int factor)
    {
        using DeviceUnderTest test = Start();
        VolumeShape shape = new(frames, height, width);
        int square = factor * factor;
        float[] input = TestRandom.Values(1, shape.Positions * channels * square);
        DeviceMatrix output = test.Place(shape.Positions * square, channels);
        test.Device.PixelShuffle(test.Place(input, shape.Positions, channels * square), shape, factor, output);
        Closeness.Check(ReferenceOperations.PixelShuffle(input, shape, channels, factor), test.Read(output), 0, 0);
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 3, 2, 4)]
    [InlineData(4, 3, 5, 7)]
    [InlineData(7, 2, 2, 33)]
    public void FrameShuffle_matches_the_formula(int frames, int height, int width, int channels)
    {
        using DeviceUnderTest test = Start();
        VolumeShape shape = new(frames, height, width);
        float[] input = TestRandom.Values(1, shape.Positions * channels * 2);
        DeviceMatrix output = test.Place(((2 * frames) - 1) * height * width, channels);
        test.Device.FrameShuffle(test.Place(input, shape.Positions, channels * 2), shape, output);
        Closeness.Check(ReferenceOperations.FrameShuffle(input, shape, channels), test.Read(output), 0, 0);
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 5, 2)]
    [InlineData(2, 6, 9, 3, 5, 2)]
    [InlineData(1, 7, 4, 17, 3, 1)]
    [InlineData(3, 5, 8, 33, 1, 3)]
    [InlineData(1, 12, 12, 16, 7, 5)]
    public void BlurDown_matches_the_formula(int frames, int height, int width, int channels, int extent, int stride)
    {
        using DeviceUnderTest test = Start();
        VolumeShape shape = new(frames, height, width);
        float[] input = TestRandom.Values(1, shape.Positions * channels);
        float[] kernel = TestRandom.Values(2, extent * extent);
        int positions = frames * ((height + stride - 1) / stride) * ((width + stride - 1) / stride);
        DeviceMatrix output = test.Place(positions, channels);
        test.Device.BlurDown(test.Place(input, shape.Positions, channels), shape, kernel, stride, output);
        Closeness.Check(ReferenceOperations.BlurDown(input, shape, channels, kernel, extent, stride), test.Read(output), 0, 5e-6);
    }
}
