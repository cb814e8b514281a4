namespace LtxEngine;

/// <summary>Uncompressed sound: 32-bit float samples, nominally in [−1, 1], one channel after the other.</summary>
public sealed class AudioBuffer
{
    private readonly float[] _samples;

    /// <summary>Creates a buffer over planar samples.</summary>
    /// <param name="samples">channels · n samples: all of channel 0 (left), then all of channel 1 (right), …; kept, not copied.</param>
    /// <param name="channels">Number of channels, 1 … 8.</param>
    /// <param name="sampleRate">Samples per second and channel, 1000 … 768,000.</param>
    /// <exception cref="ArgumentNullException"><paramref name="samples"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    /// <exception cref="ArgumentException">The number of samples is no multiple of the number of channels.</exception>
    public AudioBuffer(float[] samples, int channels, int sampleRate)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 8);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 1000);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sampleRate, 768_000);
        if (samples.Length % channels != 0)
        {
            throw new ArgumentException($"{samples.Length} samples do not divide into {channels} channels.", nameof(samples));
        }

        _samples = samples;
        Channels = channels;
        SampleRate = sampleRate;
        SamplesPerChannel = samples.Length / channels;
    }

    /// <summary>Number of channels; channel 0 is left, channel 1 right.</summary>
    public int Channels { get; }

    /// <summary>Samples per second and channel.</summary>
    public int SampleRate { get; }

    /// <summary>Number of samples of each channel.</summary>
    public int SamplesPerChannel { get; }

    /// <summary>How long it sounds.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((double)SamplesPerChannel / SampleRate);

    /// <summary>The samples of one channel.</summary>
    /// <param name="channel">0 … <see cref="Channels"/> − 1.</param>
    /// <returns>A view of <see cref="SamplesPerChannel"/> samples.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such channel.</exception>
    public ReadOnlyMemory<float> GetChannel(int channel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(channel);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(channel, Channels);
        return _samples.AsMemory(channel * SamplesPerChannel, SamplesPerChannel);
    }

    /// <summary>
    /// The sound as 16-bit integers, channels interleaved (left, right, left, …): trunc(clamp(x, −1, 1) · 32767), truncated toward
    /// zero as the original does; a sample that is not a number becomes 0.
    /// </summary>
    /// <returns><see cref="Channels"/> · <see cref="SamplesPerChannel"/> values.</returns>
    public short[] ToInt16Interleaved()
    {
        short[] result = new short[_samples.Length];
        CopyInterleaved(0, result);
        return result;
    }

    /// <summary>The sound with another number of samples: cut at the end, or continued with silence.</summary>
    /// <param name="samplesPerChannel">The wanted number of samples per channel, 0 or more.</param>
    /// <returns>This buffer where the length fits already, else a new one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or too large for an array.</exception>
    public AudioBuffer WithLength(long samplesPerChannel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samplesPerChannel);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(samplesPerChannel, Array.MaxLength / Channels);
        if (samplesPerChannel == SamplesPerChannel)
        {
            return this;
        }

        int length = (int)samplesPerChannel;
        float[] samples = new float[length * Channels];
        for (int channel = 0; channel < Channels; channel++)
        {
            GetChannel(channel).Span[..Math.Min(length, SamplesPerChannel)].CopyTo(samples.AsSpan(channel * length));
        }

        return new AudioBuffer(samples, Channels, SampleRate);
    }

    /// <summary>Converts a part of the sound to interleaved 16-bit integers.</summary>
    /// <param name="first">First sample of each channel.</param>
    /// <param name="destination">Receives destination.Length / channels samples of each channel.</param>
    internal void CopyInterleaved(int first, Span<short> destination)
    {
        int count = destination.Length / Channels;
        for (int channel = 0; channel < Channels; channel++)
        {
            ReadOnlySpan<float> source = _samples.AsSpan((channel * SamplesPerChannel) + first, count);
            for (int i = 0; i < source.Length; i++)
            {
                float sample = float.IsNaN(source[i]) ? 0 : Math.Clamp(source[i], -1f, 1f);
                destination[(i * Channels) + channel] = (short)(sample * 32767f);
            }
        }
    }
}
