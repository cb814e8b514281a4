using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Diffusion.Guidance;

namespace LtxEngine.Estimation;

/// <summary>
/// Floating-point operations of the transformer: 2 for each multiplication with addition in products and attention. What grows with neither
/// (norms, rotation, timesteps) is left out; it is far below a hundredth at 19B.
/// </summary>
/// <remarks>
/// A product of n rows, a inputs and b outputs has 2·n·a·b; attention of n queries over m keys at width w has 4·n·m·w. With the 19B sizes this is
/// 25.8·10⁹ for each video token and pass, and 4·T²·4096·48 for the self-attention of T tokens.
/// </remarks>
/// <param name="configuration">Blocks and widths.</param>
internal sealed class TransformerWork(TransformerConfiguration configuration)
{
    /// <summary>Operations of one forward pass.</summary>
    /// <param name="pass">What runs.</param>
    /// <param name="video">Video tokens.</param>
    /// <param name="audio">Audio tokens; 0 without sound.</param>
    /// <param name="context">Rows of the text context.</param>
    public double OfPass(CountedPass pass, double video, double audio, double context)
    {
        TransformerConfiguration c = configuration;
        bool runsVideo = pass.Video;
        bool runsAudio = pass.Audio && audio > 0;
        double total = 0;
        if (runsVideo)
        {
            total += OfStream(video, context, c.VideoWidth, c.VideoFeedForwardWidth, c.VideoInChannels, c.VideoOutChannels, pass.Pass.PerturbedVideoBlocks, pass.Pass.StgMode);
        }

        if (runsAudio)
        {
            total += OfStream(audio, context, c.AudioWidth, c.AudioFeedForwardWidth, c.AudioInChannels, c.AudioOutChannels, pass.Pass.PerturbedAudioBlocks, pass.Pass.StgMode);
        }

        if (audio > 0 && !pass.Pass.IsolateModalities)
        {
            double across = (runsVideo ? OfCrossAttention(video, c.VideoWidth, audio, c.AudioWidth) : 0)
                + (runsAudio ? OfCrossAttention(audio, c.AudioWidth, video, c.VideoWidth) : 0);
            total += across * c.BlockCount;
        }

        return total;
    }

    /// <summary>Operations that make the keys and values of one prompt; once for a stage.</summary>
    /// <param name="context">Rows of the text context.</param>
    /// <param name="hasAudio">Whether the sound attends to it as well.</param>
    public double OfPrompt(double context, bool hasAudio)
    {
        double video = OfContext(configuration.VideoWidth);
        return hasAudio ? video + OfContext(configuration.AudioWidth) : video;

        double OfContext(double width) => (2 * context * ((configuration.CaptionChannels * width) + (width * width))) + (configuration.BlockCount * 2 * context * width * 2 * width);
    }

    private double OfStream(double tokens, double context, double width, double hidden, double input, double output, IReadOnlyList<int> perturbed, StgMode mode)
    {
        double selfProducts = 2 * tokens * 4 * width * width;
        double selfAttention = 4 * tokens * tokens * width;
        double text = (2 * tokens * 2 * width * width) + (4 * tokens * context * width);
        double feedForward = 2 * tokens * 2 * width * hidden;
        int skipped = perturbed.Where(block => block < configuration.BlockCount).Distinct().Count();
        double saved = skipped * (mode == StgMode.ResidualSkip ? selfProducts + selfAttention : selfAttention);
        return (configuration.BlockCount * (selfProducts + selfAttention + text + feedForward)) - saved + (2 * tokens * width * (input + output));
    }

    /// <summary>Queries of one stream over keys and values of the other, at the inner width of the attentions between the streams.</summary>
    private double OfCrossAttention(double queries, double queryWidth, double keys, double keyWidth)
    {
        double inner = configuration.AudioWidth;
        return (2 * queries * queryWidth * inner * 2) + (2 * keys * keyWidth * inner * 2) + (4 * queries * keys * inner);
    }
}
