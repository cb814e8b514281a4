using System.Buffers.Binary;
using System.Text;
using LtxEngine.Media.Output;

namespace LtxEngine.Media.Tests.Output;

public sealed class AudioBufferTests
{
    [Fact]
    public void Samples_are_clipped_scaled_and_truncated()
    {
        AudioBuffer audio = new([0.5f, -0.99999f, 2f, float.NaN, -2f, 1f, -1f, 0.00002f], 2, 24000);
        Assert.Equal(new short[] { 16383, -32767, -32766, 32767, 32767, -32767, 0, 0 }, audio.ToInt16Interleaved());
        Assert.Equal(4, audio.SamplesPerChannel);
    }

    [Fact]
    public void Length_is_cut_or_continued_with_silence()
    {
        AudioBuffer audio = new([1, 2, 3, 4, 5, 6], 2, 24000);
        Assert.Same(audio, audio.WithLength(3));
        Assert.Equal([1f, 2f], audio.WithLength(2).GetChannel(0).ToArray());
        Assert.Equal([4f, 5f], audio.WithLength(2).GetChannel(1).ToArray());
        Assert.Equal([4f, 5f, 6f, 0f, 0f], audio.WithLength(5).GetChannel(1).ToArray());
        Assert.Equal(0, audio.WithLength(0).SamplesPerChannel);
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new AudioBuffer([1, 2, 3], 2, 24000));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioBuffer([1], 0, 24000));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioBuffer([1], 1, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioBuffer([1], 1, 24000).GetChannel(1));
    }

    [Fact]
    public async Task A_wav_file_holds_header_and_samples()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("sound.wav");
        float[] samples = [.. Enumerable.Range(0, 2 * 10_000).Select(i => MathF.Sin(i * 0.01f))];
        AudioBuffer audio = new(samples, 2, 24000);
        await WavFile.WriteAsync(path, audio, overwrite: false, CancellationToken.None);
        byte[] file = await File.ReadAllBytesAsync(path);
        Assert.Equal(44 + (20_000 * 2), file.Length);
        Assert.Equal("RIFF", Encoding.ASCII.GetString(file, 0, 4));
        Assert.Equal(file.Length - 8, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4)));
        Assert.Equal("WAVEfmt ", Encoding.ASCII.GetString(file, 8, 8));
        Assert.Equal(1, BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(20)));
        Assert.Equal(2, BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(22)));
        Assert.Equal(24000, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(24)));
        Assert.Equal(96000, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(28)));
        Assert.Equal(16, BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(34)));
        short[] expected = audio.ToInt16Interleaved();
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], BinaryPrimitives.ReadInt16LittleEndian(file.AsSpan(44 + (2 * i))));
        }

        MediaException exception = await Assert.ThrowsAsync<MediaException>(() => WavFile.WriteAsync(path, audio, overwrite: false, CancellationToken.None));
        Assert.Equal(MediaErrorKind.OutputExists, exception.Kind);
        await WavFile.WriteAsync(path, audio.WithLength(1), overwrite: true, CancellationToken.None);
        Assert.Equal(48, new FileInfo(path).Length);
        Assert.Equal(["sound.wav"], folder.Names());
    }
}
