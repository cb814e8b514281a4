namespace LtxEngine.Cli.Tests;

public sealed class ReadableTests
{
    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(999, "999 bytes")]
    [InlineData(1000, "1.0 KB")]
    [InlineData(43_300_000_000, "43.3 GB")]
    public void Sizes(long bytes, string text) => Assert.Equal(text, Readable.Bytes(bytes));

    [Theory]
    [InlineData(5, "5 s")]
    [InlineData(65, "1 min 5 s")]
    [InlineData(75_600, "21 h 0 min")]
    public void Durations(int seconds, string text) => Assert.Equal(text, Readable.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Texts_of_models_cannot_move_the_cursor() => Assert.Equal("a [31m b  c", Readable.OneLine("a\u001b[31m b\r\nc"));
}
