using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Execution;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Tensors;
using LtxEngine.Testing;

namespace LtxEngine.Graphs.Tests.Text.Vision;

public sealed class GemmaVisionTowerTests : IDisposable
{
    private static readonly string Gemma = Path.Combine(RepositoryPaths.ReferenceCases, "checkpoints", "tiny", "gemma");
    private static readonly GemmaConfiguration Tiny = GemmaConfiguration.Load(Path.Combine(Gemma, "config.json"));

    // Wide enough that several threads share every product: the small reference model runs on one.
    private static readonly GemmaConfiguration Wide = Tiny with
    {
        HiddenSize = 320,
        TokensPerImage = 256,
        Vision = new GemmaVisionConfiguration(256, 336, 2, 4, ImageSize: 128, PatchSize: 8, 1e-6),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("ltx-vision-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_encoding_never_depends_on_the_number_of_threads()
    {
        using SafetensorsFile tensors = WriteModel(Wide, "vision_tower.vision_model.", "multi_modal_projector.");
        HostTensor pixels = VisionModelFiles.Random(new TensorShape(3, 128, 128), seed: 1, scale: 1);
        ImageEncoding[] results = [.. ((int[])[1, 2, 3, 5]).Select(threads =>
        {
            using GemmaVisionTower tower = new(Wide, tensors, GraphSessionOptions.Default with { ThreadCount = threads });
            return tower.Encode(pixels);
        })];

        Assert.Equal(new TensorShape(256, 256), results[0].Features.Shape);
        Assert.Equal(new TensorShape(256, 320), results[0].Tokens.Shape);
        Assert.All(results[0].Tokens.Data, v => Assert.True(float.IsFinite(v)));
        Assert.All(results, r => Assert.True(r.Features.Data.AsSpan().SequenceEqual(results[0].Features.Data)));
        Assert.All(results, r => Assert.True(r.Tokens.Data.AsSpan().SequenceEqual(results[0].Tokens.Data)));
    }

    [Theory]
    [InlineData("model.vision_tower.vision_model.", "model.multi_modal_projector.")]
    [InlineData("vision_tower.", "multi_modal_projector.")]
    [InlineData("model.vision_tower.", "model.multi_modal_projector.")]
    public void Newer_names_of_the_weights_are_accepted(string towerPrefix, string projectorPrefix)
    {
        using SafetensorsFile usual = WriteModel(Tiny, "vision_tower.vision_model.", "multi_modal_projector.");
        using SafetensorsFile newer = WriteModel(Tiny, towerPrefix, projectorPrefix);
        HostTensor pixels = VisionModelFiles.Random(new TensorShape(3, 112, 112), seed: 1, scale: 1);
        using GemmaVisionTower first = new(Tiny, usual);
        using GemmaVisionTower second = new(Tiny, newer);

        Assert.Equal(first.Encode(pixels).Tokens.Data, second.Encode(pixels).Tokens.Data);
    }

    [Fact]
    public void A_tower_that_is_missing_or_damaged_is_told_apart()
    {
        using SafetensorsFile complete = WriteModel(Tiny, "vision_tower.vision_model.", "multi_modal_projector.");
        using SafetensorsFile other = WriteModel(Tiny, "another.", "multi_modal_projector.");
        using SafetensorsFile incomplete = WriteModel(Tiny, "vision_tower.", "elsewhere.");

        Assert.True(GemmaVisionTower.IsPresent(Tiny, complete));
        Assert.False(GemmaVisionTower.IsPresent(Tiny, other));
        Assert.False(GemmaVisionTower.IsPresent(Tiny with { Vision = null }, complete));
        Refused(Tiny with { Vision = null }, complete, "vision_config");
        Refused(Tiny, other, "without its vision tower");
        Refused(Tiny, incomplete, "multi_modal_projector.mm_soft_emb_norm.weight");
        Refused(Tiny with { TokensPerImage = 5 }, complete, "mm_tokens_per_image is 5");
        Refused(Tiny with { TokensPerImage = 9 }, complete, "mm_tokens_per_image is 9");
        Refused(Tiny with { Vision = Tiny.Vision! with { IntermediateSize = 64 } }, complete, "mlp.fc1.weight");
    }

    [Fact]
    public void Layers_are_reported_and_cancelling_ends_between_them()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Gemma);
        using GemmaVisionTower tower = new(Tiny, checkpoint);
        HostTensor pixels = HostTensor.Zeros(3, 112, 112);
        List<int> layers = [];
        using CancellationTokenSource source = new();

        tower.Encode(pixels, new Recorder(layers.Add));
        Assert.Equal([1, 2], layers);
        Assert.ThrowsAny<OperationCanceledException>(() => tower.Encode(pixels, new Recorder(_ => source.Cancel()), source.Token));
        Assert.Throws<ArgumentException>(() => tower.Encode(HostTensor.Zeros(3, 112, 111)));
    }

    [Fact]
    public void An_image_must_fit_the_text_and_the_model()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Gemma);
        using GemmaTextModel model = new(Tiny, checkpoint);

        Assert.Throws<ArgumentException>(() => model.Decode([2, 3, 4], model.CreateCache(), new ImageTokens(2, HostTensor.Zeros(2, 96))));
        Assert.Throws<ArgumentException>(() => model.Decode([2, 3, 4], model.CreateCache(), new ImageTokens(-1, HostTensor.Zeros(2, 96))));
        Assert.Throws<ArgumentException>(() => model.Decode([2, 3, 4], model.CreateCache(), new ImageTokens(0, HostTensor.Zeros(2, 95))));
    }

    private static void Refused(GemmaConfiguration configuration, SafetensorsFile tensors, string says) =>
        Assert.Contains(says, Assert.Throws<ModelFormatException>(() => new GemmaVisionTower(configuration, tensors)).Message, StringComparison.Ordinal);

    private SafetensorsFile WriteModel(GemmaConfiguration configuration, string towerPrefix, string projectorPrefix) =>
        VisionModelFiles.Write(_folder, configuration, towerPrefix, projectorPrefix);

    private sealed class Recorder(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
