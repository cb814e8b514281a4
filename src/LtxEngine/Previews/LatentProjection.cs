using System.Numerics.Tensors;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Graphs.VideoVae;

namespace LtxEngine.Previews;

/// <summary>
/// Guesses the picture of one latent frame without the video VAE: each cell becomes a block of <see cref="BlockSide"/> × <see cref="BlockSide"/>
/// pixels, <c>rgb = W · (the cell and its 8 neighbours) + b</c>; beyond the edge the nearest cell counts. W and b are the ridge regression
/// <c>min Σ |W·x + b − rgb|² + λ·n·|W|²</c> over n cells that the model's own VAE gave.
/// </summary>
internal sealed class LatentProjection
{
    /// <summary>Pixels per side of a cell's block: with the 32 pixels per cell of LTX-2 a quarter of the resolution.</summary>
    public const int BlockSide = 8;

    private const int RowValues = BlockSide * 3;
    private const int BlockValues = BlockSide * RowValues;

    /// <summary>A cell and its neighbours. What stands at a cell's edge is stored in both, so a cell alone gives visibly less.</summary>
    private const int WindowCells = 9;

    private readonly int _channels;

    /// <summary>[window · channels + 1, row of the block, column of the block, rgb]; the last input is the constant.</summary>
    private readonly float[] _weights;

    private LatentProjection(int channels, float[] weights)
    {
        _channels = channels;
        _weights = weights;
    }

    /// <summary>Inputs that a block is painted from, the constant left out.</summary>
    /// <param name="channels">Channels of the latents.</param>
    public static int InputsOf(int channels) => WindowCells * channels;

    /// <summary>Fits a projection.</summary>
    /// <param name="samples">At least one sample; all of one number of channels.</param>
    /// <param name="ridge">λ, above 0: how much the weights are kept small, so that they also serve latents unlike the samples.</param>
    public static LatentProjection Fit(IEnumerable<PreviewSample> samples, double ridge)
    {
        LeastSquares? regression = null;
        int channels = 0;
        double[] block = new double[BlockValues];
        foreach (PreviewSample sample in samples)
        {
            channels = sample.Latent.Shape.Extent(1);
            int inputs = InputsOf(channels);
            regression ??= new LeastSquares(inputs + 1, BlockValues);
            float[] tokens = new float[sample.Latent.Data.Length];
            Patchifier.PatchifyVideo(sample.Latent.Data, channels, tokens);
            float[] window = new float[inputs];
            double[] input = new double[inputs + 1];
            input[inputs] = 1;
            for (int cell = 0; cell < sample.Cells; cell++)
            {
                CopyWindow(tokens, channels, sample.Columns, cell, window);
                TensorPrimitives.ConvertChecked<float, double>(window, input.AsSpan(0, inputs));
                sample.WriteBlock(cell, BlockSide, block);
                regression.Add(input, block);
            }
        }

        double[] solution = (regression ?? throw new ArgumentException("There is no sample.", nameof(samples))).Solve(ridge, penalised: InputsOf(channels));
        return new LatentProjection(channels, Array.ConvertAll(solution, value => (float)value));
    }

    /// <summary>Paints one latent frame.</summary>
    /// <param name="tokens">The frame's tokens [rows · columns, channels], normalised, columns fastest.</param>
    /// <param name="columns">Cells in a row.</param>
    /// <param name="pixels">Receives rows · columns · <see cref="BlockSide"/>² · 3 bytes: 8-bit RGB, row by row.</param>
    public void Paint(ReadOnlySpan<float> tokens, int columns, Span<byte> pixels)
    {
        int cells = tokens.Length / _channels;
        int stride = columns * RowValues;
        float[] window = new float[InputsOf(_channels)];
        Span<float> block = stackalloc float[BlockValues];
        for (int cell = 0; cell < cells; cell++)
        {
            CopyWindow(tokens, _channels, columns, cell, window);
            _weights.AsSpan(window.Length * BlockValues).CopyTo(block);
            for (int input = 0; input < window.Length; input++)
            {
                TensorPrimitives.MultiplyAdd(_weights.AsSpan(input * BlockValues, BlockValues), window[input], block, block);
            }

            Span<byte> target = pixels[((cell / columns * BlockSide * stride) + (cell % columns * RowValues))..];
            for (int value = 0; value < BlockValues; value++)
            {
                target[(value / RowValues * stride) + (value % RowValues)] = VideoChunk.ToByte(block[value]);
            }
        }
    }

    private static void CopyWindow(ReadOnlySpan<float> tokens, int channels, int columns, int cell, Span<float> window)
    {
        int rows = tokens.Length / channels / columns;
        int target = 0;
        for (int down = -1; down <= 1; down++)
        {
            int row = Math.Clamp((cell / columns) + down, 0, rows - 1);
            for (int right = -1; right <= 1; right++, target += channels)
            {
                int column = Math.Clamp((cell % columns) + right, 0, columns - 1);
                tokens.Slice(((row * columns) + column) * channels, channels).CopyTo(window[target..]);
            }
        }
    }
}
