namespace LtxEngine.Kernels.Tests.Conformance;

public abstract partial class ComputeDeviceConformance
{
    [Fact]
    public void Results_are_bit_identical_for_any_number_of_threads()
    {
        float[] expected = RunEverything(1);
        Assert.All(expected, value => Assert.True(float.IsFinite(value)));
        foreach (int threads in new[] { 2, 3, 5 })
        {
            float[] actual = RunEverything(threads);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(BitConverter.SingleToInt32Bits(expected[i]), BitConverter.SingleToInt32Bits(actual[i]));
            }
        }
    }

    [Fact]
    public void Operations_allocate_no_managed_memory()
    {
        using DeviceUnderTest test = Start();
        using OperationSequence sequence = new(test);
        Assert.Empty(sequence.Allocating());
    }

    private float[] RunEverything(int threads)
    {
        using DeviceUnderTest test = Start(threads);
        using OperationSequence sequence = new(test);
        sequence.RunAll();
        return sequence.Results();
    }
}
