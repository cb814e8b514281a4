using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Estimation;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Testing;

namespace LtxEngine.Tests.Estimation;

/// <summary>The work of the demo's networks against sums written out from the shapes of their layers.</summary>
public sealed class NetworkWorkTests : IDisposable
{
    private readonly LtxCheckpoint _model = LtxCheckpoint.Open(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void The_decoder_is_counted_layer_by_layer_and_tile_by_tile()
    {
        // Kernels of 27; each resampler makes 8 positions of one.
        double perPosition = 2.0 * 27 * (((16 * 128) + (4 * 128 * 128) + (128 * 512))
            + (8 * ((4 * 64 * 64) + (64 * 256)))
            + (64 * ((2 * 32 * 32) + (32 * 128)))
            + (512 * ((2 * 16 * 16) + (16 * 48))));
        VideoVaeConfiguration vae = VideoVaeConfiguration.Read(_model);
        Assert.Equal(perPosition * 5 * 4 * 4, NetworkWork.OfVideoDecoder(_model, vae, VideoTiling.Plan(VideoTilingOptions.Default, 5, 4, 4)), perPosition * 1e-9);

        // 13 latent frames: 8, and 9 with 3 shared and one more before them.
        VideoTiling tiles = VideoTiling.Plan(VideoTilingOptions.Default, 13, 4, 4);
        Assert.Equal([8, 9], tiles.Time.Spans.Select(span => span.Length));
        Assert.Equal(perPosition * 17 * 4 * 4, NetworkWork.OfVideoDecoder(_model, vae, tiles), perPosition * 1e-9);
    }

    [Fact]
    public void The_encoder_is_counted_at_the_positions_before_each_folding()
    {
        // A cell has 64 positions after the patches of 4 × 4 pixels; three of the four resamplers fold space: 64, 16, 4, then 1.
        double perCell = 2.0 * 27 * ((64 * ((48 * 16) + (2 * 16 * 16) + (16 * 8)))
            + (16 * ((2 * 32 * 32) + (32 * 32)))
            + Deeper());
        Assert.Equal(perCell * 16 * 3, NetworkWork.OfVideoEncoder(_model, VideoVaeConfiguration.Read(_model), 16, pictures: 3), perCell * 1e-9);

        // down_blocks.3 folds time alone.
        static double Deeper() => (16 * 2 * 64 * 64) + (16 * 64 * 16) + (4 * ((2 * 128 * 128) + (128 * 32))) + (2 * 256 * 256) + (256 * 17);
    }

    [Fact]
    public void The_upscaler_has_four_times_the_positions_behind_its_shuffle()
    {
        using SafetensorsFile upscaler = SafetensorsFile.Open(Path.Combine(RepositoryPaths.DemoModel, "spatial-upscaler-x2.safetensors"));
        double expected = 2.0 * ((27 * ((16 * 64) + (4 * 64 * 64))) + (9 * 64 * 256) + (4 * 27 * ((4 * 64 * 64) + (64 * 16))));
        Assert.Equal(expected * 20, NetworkWork.OfUpscaler(upscaler, 20), expected * 1e-9);
    }

    [Fact]
    public void Sound_and_text_grow_as_their_layers_say()
    {
        // Sound is in proportion to its length. A vocoder of 48 channels behind the first stride has 6 · 21 · 48² values there.
        double one = NetworkWork.OfSound(_model, 1);
        Assert.Equal(40 * one, NetworkWork.OfSound(_model, 40), one * 1e-6);
        VocoderConfiguration vocoder = VocoderConfiguration.Read(_model);
        double firstStage = 2.0 * AudioVaeConfiguration.Read(_model).Scale * vocoder.UpsampleRates[0] * 6 * (3 + 7 + 11) * 48 * 48;
        Assert.InRange(firstStage / one, 0.01, 1);

        GemmaConfiguration gemma = GemmaConfiguration.Load(Path.Combine(RepositoryPaths.DemoModel, "gemma", "config.json"));
        double prompt = NetworkWork.OfText(_model, gemma, [100], 100);
        Assert.Equal(2 * prompt, NetworkWork.OfText(_model, gemma, [100, 100], 100), 1e-6);

        // Products are linear in the tokens, attention quadratic: 4·t²·(6 layers of Gemma's width and 2 connectors of 2 layers at 64).
        double quadratic = NetworkWork.OfText(_model, gemma, [200], 200) - (2 * prompt);
        double width = (gemma.LayerCount * gemma.HeadCount * gemma.HeadDimension) + (2 * 2 * 64);
        Assert.Equal(4.0 * 2 * 100 * 100 * width, quadratic, 1e-6 * quadratic);

        // The connectors run over all rows; tokens alone add what the text model does.
        double connectors = NetworkWork.OfText(_model, gemma, [0], 100);
        Assert.Equal(4.0 * 2 * 100 * 100 * gemma.LayerCount * gemma.HeadCount * gemma.HeadDimension, NetworkWork.OfText(_model, gemma, [200], 100) - (2 * prompt) + connectors, 1e-6 * quadratic);
    }
}
