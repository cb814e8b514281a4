using System.Text;
using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests.Images;

public sealed class PamReaderTests
{
    [Fact]
    public void Every_depth_becomes_rgb()
    {
        Assert.Equal(new byte[] { 7, 7, 7 }, Read("1", "255", [7]));
        Assert.Equal(new byte[] { 7, 7, 7 }, Read("2", "255", [7, 99]));
        Assert.Equal(new byte[] { 1, 2, 3 }, Read("3", "255", [1, 2, 3]));
        Assert.Equal(new byte[] { 1, 2, 3 }, Read("4", "255", [1, 2, 3, 99]));
        Assert.Equal(new byte[] { 1, 3, 5 }, Read("3", "65535", [1, 2, 3, 4, 5, 6]));
        Assert.Equal(new byte[] { 255, 255, 255 }, Read("1", "1", [1]));
    }

    [Theory]
    [InlineData("P6\n1 1\n255\n")]
    [InlineData("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nENDHDR\n")]
    [InlineData("P7\nWIDTH 99999\nHEIGHT 99999\nDEPTH 3\nMAXVAL 255\nENDHDR\nabc")]
    [InlineData("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcde")]
    [InlineData("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 7\nENDHDR\nabc")]
    [InlineData("P7\nWIDTH -1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nENDHDR\nabc")]
    public void Incomplete_pictures_are_refused(string text) =>
        Assert.Throws<MediaException>(() => PamReader.Read(Encoding.ASCII.GetBytes(text), "the test"));

    private static byte[] Read(string depth, string maximum, byte[] samples) => PamReader.Read(
        [.. Encoding.ASCII.GetBytes($"P7\nWIDTH 1\nHEIGHT 1\nDEPTH {depth}\nMAXVAL {maximum}\nTUPLTYPE X\nENDHDR\n"), .. samples], "the test").Pixels.ToArray();
}
