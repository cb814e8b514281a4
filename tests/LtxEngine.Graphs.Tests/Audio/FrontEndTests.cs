using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Graphs.Audio;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Tests.Audio;

public sealed class FrontEndTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(256)]
    public void The_fast_transform_equals_the_sum(int length)
    {
        Random random = new(length);
        double[] real = [.. Enumerable.Range(0, length).Select(_ => random.NextDouble() - 0.5)];
        double[] imaginary = [.. Enumerable.Range(0, length).Select(_ => random.NextDouble() - 0.5)];
        double[] fastReal = [.. real];
        double[] fastImaginary = [.. imaginary];
        new FourierTransform(length).Transform(fastReal, fastImaginary);
        for (int k = 0; k < length; k++)
        {
            double expectedReal = 0;
            double expectedImaginary = 0;
            for (int n = 0; n < length; n++)
            {
                (double sine, double cosine) = Math.SinCos(-2 * Math.PI * k * n / length);
                expectedReal += (real[n] * cosine) - (imaginary[n] * sine);
                expectedImaginary += (real[n] * sine) + (imaginary[n] * cosine);
            }

            Assert.Equal(expectedReal, fastReal[k], 1e-10);
            Assert.Equal(expectedImaginary, fastImaginary[k], 1e-10);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(1 << 21)]
    public void Other_lengths_are_refused(int length) => Assert.Throws<ArgumentOutOfRangeException>(() => new FourierTransform(length));

    [Fact]
    public void Every_mel_filter_is_a_triangle_of_area_one()
    {
        const int Bins = 64;
        const int FilterLength = 1 << 14;
        HostTensor filters = MelFilterBank.Create(16000, FilterLength, Bins, 0, 8000);
        double step = 16000.0 / FilterLength;
        for (int bin = 0; bin < Bins; bin++)
        {
            double area = 0;
            for (int k = 0; k <= FilterLength / 2; k++)
            {
                area += filters.Data[(k * Bins) + bin] * step;
            }

            Assert.Equal(1, area, 1e-3);
        }

        // Below 1 kHz the scale is linear: 200/3 Hz per mel, 45.245640 mels at 8 kHz, so the first filter peaks there.
        double topMel = 15 + (27 * Math.Log(8) / Math.Log(6.4));
        double firstPeak = topMel / 65 * 200 / 3;
        int loudest = Enumerable.Range(0, (FilterLength / 2) + 1).MaxBy(k => filters.Data[k * Bins]);
        Assert.Equal(firstPeak, loudest * step, step);
    }

    [Theory]
    [InlineData(8000, 16000)]
    [InlineData(44100, 16000)]
    [InlineData(48000, 16000)]
    [InlineData(24000, 16000)]
    public void A_tone_keeps_its_pitch_and_loudness(int from, int to)
    {
        const double Frequency = 440;
        int length = from / 2;
        HostTensor tone = new(new TensorShape(1, 1, length), [.. Enumerable.Range(0, length).Select(i => (float)Math.Sin(2 * Math.PI * Frequency * i / from))]);
        HostTensor result = AudioResampler.Resample(tone, from, to);
        Assert.Equal(new TensorShape(1, 1, to / 2), result.Shape);
        for (int i = 200; i < (to / 2) - 200; i++)
        {
            Assert.Equal(Math.Sin(2 * Math.PI * Frequency * i / to), result.Data[i], 5e-3);
        }
    }

    [Fact]
    public void Resampled_length_is_rounded_up_and_rows_are_independent()
    {
        Prop.ForAll(
            Gen.Choose(1, 3000).SelectMany(n => Gen.Elements(8000, 11025, 16000, 22050, 24000, 44100, 48000).Select(r => (n, r))).ToArbitrary(),
            p =>
            {
                Random random = new(p.n);
                float[] samples = [.. Enumerable.Range(0, 2 * p.n).Select(_ => random.NextSingle())];
                HostTensor both = AudioResampler.Resample(new HostTensor(new TensorShape(1, 2, p.n), samples), p.r, 16000);
                HostTensor second = AudioResampler.Resample(new HostTensor(new TensorShape(p.n), samples[p.n..]), p.r, 16000);
                long expected = ((16000L * p.n) + p.r - 1) / p.r;
                return both.Shape[2] == expected && both.Data.AsSpan((int)expected).SequenceEqual(second.Data);
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Equal_rates_change_nothing()
    {
        HostTensor sound = HostTensor.Zeros(1, 2, 10);
        Assert.Same(sound, AudioResampler.Resample(sound, 16000, 16000));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioResampler.Resample(sound, 0, 16000));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioResampler.Resample(sound, 16000, 1_000_000));
    }

    [Fact]
    public void Silence_is_the_floor_and_short_sounds_are_refused()
    {
        LogMelFrontEnd frontEnd = new(16000, 1024, 160, 64, 0, 8000);
        HostTensor mel = frontEnd.Compute(HostTensor.Zeros(1, 2, 513));
        Assert.Equal(new TensorShape(1, 2, 4, 64), mel.Shape);
        Assert.All(mel.Data, value => Assert.Equal((float)Math.Log(1e-5), value));
        ArgumentException exception = Assert.Throws<ArgumentException>(() => frontEnd.Compute(HostTensor.Zeros(1, 2, 512)));
        Assert.Contains("513", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => frontEnd.Compute(HostTensor.Zeros(2, 1000)));
    }
}
