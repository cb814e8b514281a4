using LtxEngine.Pipeline;

namespace LtxEngine.Tests;

public sealed class ComputeDeviceTests
{
    [Theory]
    [InlineData("auto", "auto")]
    [InlineData("CPU", "cpu")]
    [InlineData("cuda", "cuda")]
    [InlineData("cuda:0", "cuda")]
    [InlineData(" Cuda:12 ", "cuda:12")]
    public void Names_are_read_and_written(string text, string written) => Assert.Equal(written, ComputeDevice.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:1:2")]
    [InlineData("cpu:1")]
    public void Other_names_are_refused(string text) => Assert.Throws<FormatException>(() => ComputeDevice.Parse(text));

    [Fact]
    public void The_default_value_is_auto() => Assert.Equal("auto", default(ComputeDevice).ToString());

    [Fact]
    public void A_device_that_is_not_there_is_an_error_that_says_what_was_tried()
    {
        DeviceUnavailableException error = Assert.Throws<DeviceUnavailableException>(() => DeviceSelection.Create(ComputeDevice.Cuda(3), 0, ComputeType.Single, out _));

        Assert.Equal(ComputeDevice.Cuda(3), error.Device);
        Assert.Contains("Tried:", error.Message, StringComparison.Ordinal);
        Assert.Contains("--device cpu", error.Message, StringComparison.Ordinal);
    }
}
