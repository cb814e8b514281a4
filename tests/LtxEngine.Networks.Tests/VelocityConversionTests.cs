using LtxEngine.Networks.Transformer;

namespace LtxEngine.Networks.Tests;

public sealed class VelocityConversionTests
{
    [Fact]
    public void Denoised_is_latent_minus_timestep_times_velocity_per_token()
    {
        float[] denoised = new float[4];
        VelocityConversion.ToDenoised([1, 2, 3, 4], [10, 20, 30, 40], [0.5f, 0], denoised);
        Assert.Equal([-4f, -8, 3, 4], denoised);
    }

    [Fact]
    public void Lengths_must_fit()
    {
        Assert.Throws<ArgumentException>(() => VelocityConversion.ToDenoised(new float[4], new float[4], new float[3], new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => VelocityConversion.ToDenoised(new float[4], new float[3], new float[2], new float[4]));
    }
}
