using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LtxEngine.Media.Output;

/// <summary>Writes 16-bit PCM WAV files.</summary>
internal static class WavFile
{
    private const int HeaderLength = 44;
    private const int SamplesPerPiece = 8192;

    /// <summary>Writes a WAV file; it appears under its name when it is complete.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="audio">The sound; converted by <see cref="AudioBuffer.ToInt16Interleaved"/>'s rule.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="cancellationToken">Stops writing and removes the partial file.</param>
    /// <exception cref="MediaException">The file cannot be written, exists and must stay, or would exceed 4 GiB.</exception>
    public static async Task WriteAsync(string path, AudioBuffer audio, bool overwrite, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(audio);
        using OutputFile output = new(path, overwrite);
        try
        {
            FileStream file = new(output.TemporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
            await using (file.ConfigureAwait(false))
            {
                await WriteAsync(file, audio, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(MediaErrorKind.OutputFailed, $"Cannot write {output.FinalPath}: {exception.Message}", innerException: exception);
        }

        output.Commit();
    }

    /// <summary>Writes a WAV file to a stream.</summary>
    /// <param name="stream">Receives header and samples.</param>
    /// <param name="audio">The sound; converted by <see cref="AudioBuffer.ToInt16Interleaved"/>'s rule.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    /// <exception cref="MediaException">The file would exceed 4 GiB, the limit of the format.</exception>
    public static async Task WriteAsync(Stream stream, AudioBuffer audio, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(audio);
        await stream.WriteAsync(CreateHeader(audio), cancellationToken).ConfigureAwait(false);
        short[] samples = new short[SamplesPerPiece * audio.Channels];
        byte[] bytes = new byte[samples.Length * sizeof(short)];
        for (int first = 0; first < audio.SamplesPerChannel; first += SamplesPerPiece)
        {
            int count = Math.Min(SamplesPerPiece, audio.SamplesPerChannel - first) * audio.Channels;
            audio.CopyInterleaved(first, samples.AsSpan(0, count));
            ToLittleEndian(samples.AsSpan(0, count), bytes);
            await stream.WriteAsync(bytes.AsMemory(0, count * sizeof(short)), cancellationToken).ConfigureAwait(false);
        }
    }

    private static byte[] CreateHeader(AudioBuffer audio)
    {
        long dataLength = (long)audio.SamplesPerChannel * audio.Channels * sizeof(short);
        if (dataLength > uint.MaxValue - HeaderLength)
        {
            throw new MediaException(MediaErrorKind.OutputFailed, $"A WAV file holds at most 4 GiB; the sound has {dataLength} bytes.");
        }

        byte[] header = new byte[HeaderLength];
        int frameLength = audio.Channels * sizeof(short);
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), (uint)(dataLength + HeaderLength - 8));
        "WAVEfmt "u8.CopyTo(header.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), 16);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(22), (ushort)audio.Channels);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(24), (uint)audio.SampleRate);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), (uint)(audio.SampleRate * frameLength));
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(32), (ushort)frameLength);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(34), 16);
        "data"u8.CopyTo(header.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(40), (uint)dataLength);
        return header;
    }

    private static void ToLittleEndian(ReadOnlySpan<short> samples, Span<byte> bytes)
    {
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(samples).CopyTo(bytes);
            return;
        }

        for (int i = 0; i < samples.Length; i++)
        {
            BinaryPrimitives.WriteInt16LittleEndian(bytes[(i * sizeof(short))..], samples[i]);
        }
    }
}
