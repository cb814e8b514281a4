using System.Collections.Immutable;

namespace LtxEngine.Graphs.VideoVae;

/// <summary>The tiles along one axis and their blend weights. A voxel's weight is the product of its three axes' weights.</summary>
internal sealed class VideoTileAxis
{
    private VideoTileAxis(ImmutableArray<VideoTileSpan> spans, int tileLength, int outLength, bool isTime)
    {
        Spans = spans;
        TileLength = tileLength;
        OutLength = outLength;
        Weights = [.. spans.Select(span => ComputeWeights(span, isTime))];
        float[] sums = new float[outLength];
        for (int tile = 0; tile < spans.Length; tile++)
        {
            for (int i = 0; i < spans[tile].OutLength; i++)
            {
                sums[spans[tile].OutStart + i] += Weights[tile][i];
            }
        }

        WeightSums = sums;
    }

    /// <summary>The tiles in order.</summary>
    public ImmutableArray<VideoTileSpan> Spans { get; }

    /// <summary>The planned length of a tile in latents.</summary>
    public int TileLength { get; }

    /// <summary>The length of the axis in pixels or frames.</summary>
    public int OutLength { get; }

    /// <summary>For each tile its weights over <see cref="VideoTileSpan.OutLength"/> positions.</summary>
    public ImmutableArray<float[]> Weights { get; }

    /// <summary>The sum of all tiles' weights per position of the axis; 1 but for rounding where the plan is regular.</summary>
    public float[] WeightSums { get; }

    /// <summary>Plans a space axis.</summary>
    /// <param name="latents">The axis' length in latents.</param>
    /// <param name="longerSide">The longer of height and width in latents: tiles keep the frame's proportions.</param>
    /// <param name="options">Tile size and overlap; null for one tile.</param>
    /// <param name="scale">Pixels per latent.</param>
    public static VideoTileAxis PlanSpace(int latents, int longerSide, SpatialTilingOptions? options, int scale)
    {
        int overlap = (options?.TileOverlapInPixels ?? 0) / scale;
        int length = options is null
            ? latents
            : Math.Max(Math.Max(2, overlap + 1), (int)Math.Round((double)(options.TileSizeInPixels / scale) * latents / longerSide, MidpointRounding.ToEven));
        List<(int Start, int End, int Left, int Right)> tiles = Split(latents, length, overlap);
        if (tiles.Count > 1 && tiles[^1].End - tiles[^1].Start == 1)
        {
            // Reflect padding needs two latents; without overlap the last tile can have one. It takes one from its neighbour and both fade.
            tiles[^1] = (tiles[^1].Start - 1, tiles[^1].End, 1, 0);
            tiles[^2] = tiles[^2] with { Right = 1 };
        }

        return new VideoTileAxis(
            [.. tiles.Select(t => Clamp(new VideoTileSpan(t.Start, t.End, t.Left, t.Right, scale * t.Start, scale * t.End, scale * t.Left, scale * t.Right)))],
            length,
            checked(scale * latents),
            isTime: false);
    }

    /// <summary>Plans the time axis. Every tile but the first starts one latent earlier, because a decoder's first latent gives a single frame.</summary>
    /// <param name="latents">The number of latent frames.</param>
    /// <param name="options">Tile size and overlap; null for one tile.</param>
    /// <param name="scale">Frames per latent frame after the first.</param>
    public static VideoTileAxis PlanTime(int latents, TemporalTilingOptions? options, int scale)
    {
        int overlap = (options?.TileOverlapInFrames ?? 0) / scale;
        int length = options is null ? latents : options.TileSizeInFrames / scale;
        List<(int Start, int End, int Left, int Right)> tiles = Split(latents, length, overlap);
        List<VideoTileSpan> spans = [];
        for (int i = 0; i < tiles.Count; i++)
        {
            (int start, int end, int left, int right) = tiles[i];
            if (i > 0)
            {
                start--;
                left++;
            }

            spans.Add(Clamp(new VideoTileSpan(
                start, end, left, right, scale * start, 1 + (scale * (end - 1)), left == 0 ? 0 : 1 + (scale * (left - 1)), scale * right)));
        }

        return new VideoTileAxis([.. spans], length, checked(1 + (scale * (latents - 1))), isTime: true);
    }

    private static List<(int Start, int End, int Left, int Right)> Split(int latents, int length, int overlap)
    {
        if (latents <= length)
        {
            return [(0, latents, 0, 0)];
        }

        int stride = length - overlap;
        int count = (latents + length - (2 * overlap) - 1) / stride;
        List<(int, int, int, int)> tiles = [];
        for (int i = 0; i < count; i++)
        {
            bool last = i == count - 1;
            tiles.Add((i * stride, last ? latents : (i * stride) + length, i == 0 ? 0 : overlap, last ? 0 : overlap));
        }

        return tiles;
    }

    private static VideoTileSpan Clamp(VideoTileSpan span) => span with
    {
        OutLeftRamp = Math.Min(span.OutLeftRamp, span.OutLength),
        OutRightRamp = Math.Min(span.OutRightRamp, span.OutLength),
    };

    private static float[] ComputeWeights(VideoTileSpan span, bool isTime)
    {
        float[] weights = new float[span.OutLength];
        Array.Fill(weights, 1);
        int left = span.OutLeftRamp;
        for (int i = 0; i < left; i++)
        {
            // The time ramp starts at 0: its first frame is the single frame of the extra context latent.
            weights[i] *= isTime ? (float)i / left : (float)(i + 1) / (left + 1);
        }

        int right = span.OutRightRamp;
        for (int i = 0; i < right; i++)
        {
            weights[weights.Length - right + i] *= (float)(right - i) / (right + 1);
        }

        return weights;
    }
}
