using System.Text.Json;
using LtxEngine.Graphs.VideoVae;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The plan of a tiled decode and its blend weights.</summary>
internal sealed class TilingComponent : IComponentRunner
{
    private const int TimeScale = 8;
    private const int SpaceScale = 32;

    /// <inheritdoc/>
    public string Component => "tiling";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        UnknownOperationException.ThrowIfNamed(referenceCase);
        JsonElement parameters = referenceCase.Parameters;
        VideoTiling plan = VideoTiling.Plan(
            VideoTilingParameters.Read(parameters.GetProperty("tiling")),
            1 + ((parameters.GetProperty("frames").GetInt32() - 1) / TimeScale),
            parameters.GetProperty("height").GetInt32() / SpaceScale,
            parameters.GetProperty("width").GetInt32() / SpaceScale,
            TimeScale,
            SpaceScale);
        outputs.Add("weights_temporal", Weights(plan.Time));
        outputs.Add("weights_rows", Weights(plan.Rows));
        outputs.Add("weights_columns", Weights(plan.Columns));
        outputs.SetExpected(new
        {
            temporal = Spans(plan.Time),
            rows = Spans(plan.Rows),
            columns = Spans(plan.Columns),
            tile_length_latents = new { temporal = plan.Time.TileLength, rows = plan.Rows.TileLength, columns = plan.Columns.TileLength },
            tiles = plan.TileCount,
            order = "temporal slowest, then rows, then columns",
            streamed_chunk_frames = plan.ChunkFrames,
        });
    }

    private static object[] Spans(VideoTileAxis axis) =>
    [
        .. axis.Spans.Select(span => (object)new
        {
            start = span.Start,
            end = span.End,
            left_ramp = span.LeftRamp,
            right_ramp = span.RightRamp,
            out_start = span.OutStart,
            out_end = span.OutEnd,
            out_left_ramp = span.OutLeftRamp,
            out_right_ramp = span.OutRightRamp,
        }),
    ];

    private static HostTensor Weights(VideoTileAxis axis)
    {
        HostTensor weights = HostTensor.Zeros(axis.Spans.Length, axis.OutLength);
        for (int tile = 0; tile < axis.Spans.Length; tile++)
        {
            axis.Weights[tile].CopyTo(weights.Data, (tile * axis.OutLength) + axis.Spans[tile].OutStart);
        }

        return weights;
    }
}
