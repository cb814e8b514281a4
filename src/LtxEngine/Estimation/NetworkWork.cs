using System.Globalization;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Gemma;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.VideoVae;

namespace LtxEngine.Estimation;

/// <summary>
/// Floating-point operations of the networks beside the transformer, from the shapes of their weights: a weight of n values that is applied at p
/// positions has 2·n·p, attention of t tokens at width w 4·t²·w. Norms, activations and interpolations are left out.
/// </summary>
internal static class NetworkWork
{
    /// <summary>The video VAE's decoder.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="configuration">The VAE.</param>
    /// <param name="tiling">Tiles overlap, and what two of them share is decoded twice: work is in proportion to the sum of their latent positions.</param>
    public static double OfVideoDecoder(ITensorCollection checkpoint, VideoVaeConfiguration configuration, VideoTiling tiling)
    {
        double[] growth = Positions(configuration.DecoderBlocks, block => block.StrideProduct);
        double perPosition = Sum(checkpoint, "vae.decoder.", name => name.StartsWith("conv_out.", StringComparison.Ordinal) ? growth[^1] : growth[Number(name, "up_blocks.") ?? 0]);
        return perPosition * tiling.Time.Spans.Sum(span => (double)span.Length) * tiling.Rows.Spans.Sum(span => span.Length) * tiling.Columns.Spans.Sum(span => span.Length);
    }

    /// <summary>The video VAE's encoder over pictures, each of one frame.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="configuration">The VAE.</param>
    /// <param name="cells">Latent positions of a picture.</param>
    /// <param name="pictures">Pictures.</param>
    public static double OfVideoEncoder(ITensorCollection checkpoint, VideoVaeConfiguration configuration, double cells, int pictures)
    {
        // A resampler folds positions into channels behind its convolution, which runs at the positions before.
        double[] shrinkage = Positions(configuration.EncoderBlocks, block => 1.0 / (block.SpaceStride * block.SpaceStride));
        double perCell = Sum(checkpoint, "vae.encoder.", name => name.StartsWith("conv_out.", StringComparison.Ordinal) ? 1 : shrinkage[Number(name, "down_blocks.") ?? 0] / shrinkage[^1]);
        return perCell * cells * pictures;
    }

    /// <summary>The spatial upscaler.</summary>
    /// <param name="upscaler">Its file.</param>
    /// <param name="positions">Latent positions that enter; four times as many leave.</param>
    public static double OfUpscaler(ITensorCollection upscaler, double positions) => positions * Sum(
        upscaler,
        string.Empty,
        name => name.StartsWith("post_upsample_res_blocks.", StringComparison.Ordinal) || name.StartsWith("final_conv.", StringComparison.Ordinal) ? 4 : 1);

    /// <summary>The audio VAE's decoder and the vocoder.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="latentFrames">Latent frames of the sound.</param>
    public static double OfSound(ITensorCollection checkpoint, double latentFrames)
    {
        AudioVaeConfiguration audio = AudioVaeConfiguration.Read(checkpoint);
        VocoderConfiguration vocoder = VocoderConfiguration.Read(checkpoint);
        int levels = audio.ChannelMultipliers.Length;
        double mel = latentFrames * audio.LatentMelBins * Sum(checkpoint, "audio_vae.decoder.", name => name switch
        {
            _ when name.StartsWith("conv_out.", StringComparison.Ordinal) => Math.Pow(4, levels - 1),
            _ when Number(name, "up.") is { } level => Math.Pow(4, levels - 1 - level + (name.Contains(".upsample.", StringComparison.Ordinal) ? 1 : 0)),
            _ => 1,
        });
        double[] lengths = [1, .. vocoder.UpsampleRates];
        for (int i = 1; i < lengths.Length; i++)
        {
            lengths[i] *= lengths[i - 1];
        }

        int kernels = vocoder.ResidualKernelSizes.Length;
        double wave = latentFrames * audio.Scale * Sum(checkpoint, VocoderConfiguration.Prefix, name => name switch
        {
            _ when Number(name, "ups.") is { } stage => lengths[stage],
            _ when Number(name, "resblocks.") is { } block => lengths[(block / kernels) + 1],
            _ when name.StartsWith("conv_post.", StringComparison.Ordinal) => lengths[^1],
            _ => 1,
        });
        return mel + wave;
    }

    /// <summary>The text encoder over prompts: Gemma's layers and the projection of their states over real tokens, the connectors over all rows.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="text">Gemma.</param>
    /// <param name="prompts">Tokens of each prompt.</param>
    /// <param name="rows">Rows that the connectors fill each prompt up to.</param>
    public static double OfText(ITensorCollection checkpoint, GemmaConfiguration text, IReadOnlyCollection<int> prompts, int rows)
    {
        TextConditioningConfiguration conditioning = TextConditioningConfiguration.Read(checkpoint);
        double connectors = OfConnector(conditioning.Video) + (conditioning.Audio is { } audio ? OfConnector(audio) : 0);
        return prompts.Sum(tokens => (text.LayerCount * OfLayer(tokens)) + (2.0 * tokens * conditioning.ProjectionInputWidth * conditioning.ProjectionOutputWidth) + connectors);

        double OfLayer(double tokens) => Products(GemmaLayerGraph.Parts(text).Select(part => part.Shape), tokens) + Attention(tokens, text.HeadCount * text.HeadDimension);

        double OfConnector(TextConnectorConfiguration connector) =>
            connector.LayerCount * (Products(TextConnectorBlockGraph.Parts(connector).Select(part => part.Shape), rows) + Attention(rows, connector.Width));
    }

    private static double Products(IEnumerable<Tensors.TensorShape> weights, double tokens) => 2 * tokens * weights.Where(shape => shape.Rank == 2).Sum(shape => (double)shape.ElementCount);

    private static double Attention(double tokens, double width) => 4 * tokens * tokens * width;

    /// <summary>Positions at the entry of each block, and at last at the exit of all, for one at the first entry.</summary>
    private static double[] Positions(IEnumerable<VideoVaeBlock> blocks, Func<VideoVaeBlock, double> factor)
    {
        List<double> positions = [1];
        foreach (VideoVaeBlock block in blocks)
        {
            positions.Add(positions[^1] * factor(block));
        }

        return [.. positions];
    }

    /// <summary>Σ 2·values·positions over the weights of convolutions, which have at least three axes.</summary>
    private static double Sum(ITensorCollection tensors, string prefix, Func<string, double> positions) => tensors.Tensors.Values
        .Where(tensor => tensor.Shape.Rank >= 3 && tensor.Name.StartsWith(prefix, StringComparison.Ordinal) && tensor.Name.EndsWith(".weight", StringComparison.Ordinal))
        .Sum(tensor => 2.0 * tensor.Shape.ElementCount * positions(tensor.Name[prefix.Length..]));

    /// <summary>The number behind a prefix, such as 3 of <c>up_blocks.3.conv</c>; null where the name does not begin with it.</summary>
    private static int? Number(string name, string prefix)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        string rest = name[prefix.Length..];
        int end = rest.IndexOf('.', StringComparison.Ordinal);
        return int.TryParse(end < 0 ? rest : rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
    }
}
