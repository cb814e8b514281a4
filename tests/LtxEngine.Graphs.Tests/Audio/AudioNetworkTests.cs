using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Graphs.Audio;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;
using LtxEngine.Testing;
using Microsoft.ML.OnnxRuntime;

namespace LtxEngine.Graphs.Tests.Audio;

public sealed class AudioNetworkTests : IDisposable
{
    private readonly SafetensorsFile _checkpoint = SafetensorsFile.Open(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"));

    public void Dispose() => _checkpoint.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Latents_become_sound_of_the_stated_length(int frames)
    {
        AudioVaeConfiguration audio = AudioVaeConfiguration.Read(_checkpoint);
        using AudioVaeDecoder decoder = AudioVaeDecoder.Load(_checkpoint);
        using Vocoder vocoder = Vocoder.Load(_checkpoint);
        HostTensor mel = decoder.Decode(Noise(1, audio.LatentChannels, frames, audio.LatentMelBins));
        Assert.Equal(new TensorShape(1, audio.OutChannels, (4 * frames) - 3, audio.MelBins), mel.Shape);
        HostTensor waveform = vocoder.Synthesize(mel);
        Assert.Equal(new TensorShape(1, 2, vocoder.Configuration.SamplesPerFrame * ((4 * frames) - 3)), waveform.Shape);
        Assert.All(waveform.Data, value => Assert.InRange(value, -1f, 1f));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(17, 5)]
    public void Spectrograms_become_a_quarter_as_many_latents(int frames, int expected)
    {
        AudioVaeConfiguration audio = AudioVaeConfiguration.Read(_checkpoint);
        using AudioVaeEncoder encoder = AudioVaeEncoder.Load(_checkpoint);
        HostTensor latent = encoder.Encode(Noise(1, audio.InChannels, frames, audio.MelBins));
        Assert.Equal(new TensorShape(1, audio.LatentChannels, expected, audio.LatentMelBins), latent.Shape);
    }

    [Fact]
    public void Time_is_causal()
    {
        // Later latents must not change earlier rows of the spectrogram.
        AudioVaeConfiguration audio = AudioVaeConfiguration.Read(_checkpoint);
        using AudioVaeDecoder decoder = AudioVaeDecoder.Load(_checkpoint);
        HostTensor latent = Noise(1, audio.LatentChannels, 4, audio.LatentMelBins);
        HostTensor changed = new(latent.Shape, [.. latent.Data]);
        for (int channel = 0; channel < audio.LatentChannels; channel++)
        {
            changed.Data.AsSpan(((channel * 4) + 3) * audio.LatentMelBins, audio.LatentMelBins).Fill(3);
        }

        HostTensor first = decoder.Decode(latent);
        HostTensor second = decoder.Decode(changed);
        int rows = (4 * 3) - 3;
        int rowCount = (4 * 4) - 3;
        for (int channel = 0; channel < audio.OutChannels; channel++)
        {
            int start = channel * rowCount * audio.MelBins;
            Assert.Equal(first.Data[start..(start + (rows * audio.MelBins))], second.Data[start..(start + (rows * audio.MelBins))]);
            Assert.NotEqual(
                first.Data[(start + (rows * audio.MelBins))..(start + (rowCount * audio.MelBins))],
                second.Data[(start + (rows * audio.MelBins))..(start + (rowCount * audio.MelBins))]);
        }
    }

    [Fact]
    public void The_number_of_threads_asked_for_and_repetition_change_nothing()
    {
        AudioVaeConfiguration audio = AudioVaeConfiguration.Read(_checkpoint);
        HostTensor latent = Noise(1, audio.LatentChannels, 26, audio.LatentMelBins);
        float[]? first = null;
        foreach (int threads in new[] { 1, 2, 3, 5 })
        {
            GraphSessionOptions options = new() { ThreadCount = threads };
            using AudioVaeDecoder decoder = AudioVaeDecoder.Load(_checkpoint, options);
            using Vocoder vocoder = Vocoder.Load(_checkpoint, options);
            for (int repetition = 0; repetition < 3; repetition++)
            {
                float[] waveform = vocoder.Synthesize(decoder.Decode(latent)).Data;
                first ??= waveform;
                Assert.Equal(first, waveform);
            }
        }
    }

    [Fact]
    public void All_missing_and_misshapen_tensors_are_named_at_once()
    {
        const string Missing = "audio_vae.decoder.mid.block_1.conv1.conv.bias";
        const string AlsoMissing = "audio_vae.per_channel_statistics.mean-of-means";
        const string Misshapen = "audio_vae.decoder.mid.block_2.conv1.conv.bias";
        Subset subset = new(_checkpoint, name => name is not (Missing or AlsoMissing));
        subset.Replace(Misshapen, _checkpoint.Tensors["audio_vae.decoder.conv_out.conv.bias"]);
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => AudioVaeDecoderGraph.Build(subset));
        Assert.Contains(Missing, exception.Message, StringComparison.Ordinal);
        Assert.Contains(AlsoMissing, exception.Message, StringComparison.Ordinal);
        Assert.Contains(Misshapen, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_tensors_are_judged_for_the_component_asked_for()
    {
        Subset onlyDecoder = new(
            _checkpoint,
            name => name.StartsWith(AudioVaeConfiguration.DecoderPrefix, StringComparison.Ordinal)
                || name.StartsWith(AudioVaeConfiguration.StatisticsPrefix, StringComparison.Ordinal));
        Assert.NotEmpty(AudioVaeDecoderGraph.Build(onlyDecoder).Outputs);
        Assert.Throws<ModelFormatException>(() => AudioVaeEncoderGraph.Build(onlyDecoder));
        Assert.Throws<ModelFormatException>(() => VocoderGraph.Build(onlyDecoder));
    }

    [Fact]
    public void A_cancelled_run_ends()
    {
        AudioVaeConfiguration audio = AudioVaeConfiguration.Read(_checkpoint);
        using AudioVaeDecoder decoder = AudioVaeDecoder.Load(_checkpoint);
        HostTensor latent = Noise(1, audio.LatentChannels, 3, audio.LatentMelBins);
        Assert.ThrowsAny<OperationCanceledException>(() => decoder.Decode(latent, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Misfitting_tensors_are_refused_before_native_code_sees_them()
    {
        AudioVaeConfiguration audio = AudioVaeConfiguration.Read(_checkpoint);
        using AudioVaeDecoder decoder = AudioVaeDecoder.Load(_checkpoint);
        ArgumentException exception = Assert.Throws<ArgumentException>(() => decoder.Decode(Noise(1, audio.LatentChannels + 1, 3, audio.LatentMelBins)));
        Assert.Contains("latent", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Exported_graphs_run_elsewhere()
    {
        string folder = Directory.CreateTempSubdirectory("ltx-export-").FullName;
        try
        {
            string copy = Path.Combine(folder, "model.safetensors");
            File.Copy(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"), copy);
            using SafetensorsFile checkpoint = SafetensorsFile.Open(copy);
            AudioVaeConfiguration audio = AudioVaeConfiguration.Read(checkpoint);
            HostTensor latent = Noise(1, audio.LatentChannels, 3, audio.LatentMelBins);
            using AudioVaeDecoder decoder = AudioVaeDecoder.Load(checkpoint);
            HostTensor expected = decoder.Decode(latent);
            AssertClose(expected.Data, RunExported(GraphExporter.Export(AudioVaeDecoderGraph.Build(checkpoint)), "latent", latent));

            using AudioVaeEncoder encoder = AudioVaeEncoder.Load(checkpoint);
            AssertClose(encoder.Encode(expected).Data, RunExported(GraphExporter.Export(AudioVaeEncoderGraph.Build(checkpoint)), "mel", expected));
            using Vocoder vocoder = Vocoder.Load(checkpoint);
            AssertClose(vocoder.Synthesize(expected).Data, RunExported(GraphExporter.Export(VocoderGraph.Build(checkpoint)), "mel", expected));
            Assert.All(Directory.GetFiles(folder, "*.onnx"), file => Assert.InRange(new FileInfo(file).Length, 1, 200_000));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Another runtime may use another number of threads, which shows in the last bits.
    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = Math.Sqrt(expected.Zip(actual, (e, a) => Math.Pow((double)e - a, 2)).Sum());
        double magnitude = Math.Sqrt(expected.Sum(e => (double)e * e));
        Assert.InRange(difference / magnitude, 0, 1e-5);
    }

    private static float[] RunExported(string path, string input, HostTensor tensor)
    {
        using InferenceSession session = new(path);
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(tensor.Data, [.. tensor.Shape.Dimensions]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, [input], [value], session.OutputNames);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static HostTensor Noise(params long[] dimensions)
    {
        Random random = new(7);
        HostTensor tensor = HostTensor.Zeros(dimensions);
        for (int i = 0; i < tensor.Data.Length; i++)
        {
            tensor.Data[i] = (random.NextSingle() * 4) - 2;
        }

        return tensor;
    }

    /// <summary>Some of the tensors of a checkpoint, some of them exchanged.</summary>
    private sealed class Subset(ITensorCollection source, Func<string, bool> keeps) : ITensorCollection
    {
        private readonly Dictionary<string, StoredTensor> _tensors =
            source.Tensors.Where(t => keeps(t.Key)).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);

        public IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

        public IReadOnlyDictionary<string, string> Metadata => source.Metadata;

        public void Replace(string name, StoredTensor tensor) => _tensors[name] = tensor;
    }
}
