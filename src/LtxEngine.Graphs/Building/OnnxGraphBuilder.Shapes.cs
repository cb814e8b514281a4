using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Building;

/// <summary>Operations that move, cut, join and look up values.</summary>
internal sealed partial class OnnxGraphBuilder
{
    /// <summary>Reinterprets the row-major values under another shape.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="extents">The new extents: numbers (0 keeps the operand's extent of that axis, one −1 takes what is left) or computed extents.</param>
    public GraphValue Reshape(GraphValue x, params ReadOnlySpan<GraphExtent> extents) => Node("Reshape", [x, Shape(extents)], x.DataType);

    /// <summary>Reorders axes.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axes">For each result axis, the operand's axis it comes from.</param>
    public GraphValue Transpose(GraphValue x, params ReadOnlySpan<long> axes) => Node("Transpose", [x], x.DataType, GraphAttribute.Integers("perm", axes));

    /// <summary>Cuts a range out of one axis.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="axis">The axis; negative counts from the end.</param>
    /// <param name="start">First index; negative counts from the end.</param>
    /// <param name="end">One past the last index; negative counts from the end, <see cref="long.MaxValue"/> means the end.</param>
    /// <param name="step">The distance between taken indices, not 0.</param>
    public GraphValue Slice(GraphValue x, int axis, long start, long end, long step = 1) =>
        Node("Slice", [x, Integers(start), Integers(end), Integers(axis), Integers(step)], x.DataType);

    /// <summary>Cuts a range with computed bounds (int64 tensors of one element) out of one axis.</summary>
    public GraphValue Slice(GraphValue x, int axis, GraphExtent start, GraphExtent end) =>
        Node("Slice", [x, Shape([start]), Shape([end]), Integers(axis)], x.DataType);

    /// <summary>Joins tensors along one axis.</summary>
    public GraphValue Concat(int axis, params ReadOnlySpan<GraphValue> parts)
    {
        ArgumentOutOfRangeException.ThrowIfZero(parts.Length);
        for (int i = 1; i < parts.Length; i++)
        {
            RequireSameType(parts[0], parts[i]);
        }

        return parts.Length == 1 ? parts[0] : Node("Concat", parts, parts[0].DataType, GraphAttribute.Integer("axis", axis));
    }

    /// <summary>Cuts an axis into parts of given lengths.</summary>
    public GraphValue[] Split(GraphValue x, int axis, params ReadOnlySpan<long> lengths) =>
        Nodes("Split", [x, Integers(lengths)], lengths.Length, x.DataType, GraphAttribute.Integer("axis", axis));

    /// <summary>Pads some axes.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="mode">What the new places hold.</param>
    /// <param name="axes">The axes to pad.</param>
    /// <param name="before">For each of them, places added in front.</param>
    /// <param name="after">For each of them, places added behind.</param>
    public GraphValue Pad(GraphValue x, PaddingMode mode, ReadOnlySpan<long> axes, ReadOnlySpan<long> before, ReadOnlySpan<long> after)
    {
        string name = mode switch
        {
            PaddingMode.Zeros => "constant",
            PaddingMode.Edge => "edge",
            PaddingMode.Reflect => "reflect",
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Unknown padding mode."),
        };
        return Node("Pad", [x, Integers([.. before, .. after]), GraphValue.None, Integers(axes)], x.DataType, GraphAttribute.Text("mode", name));
    }

    /// <summary>Removes axes of extent 1.</summary>
    public GraphValue Squeeze(GraphValue x, params ReadOnlySpan<long> axes) => Node("Squeeze", [x, Integers(axes)], x.DataType);

    /// <summary>Inserts axes of extent 1.</summary>
    public GraphValue Unsqueeze(GraphValue x, params ReadOnlySpan<long> axes) => Node("Unsqueeze", [x, Integers(axes)], x.DataType);

    /// <summary>Repeats a tensor along axes of extent 1 to a shape.</summary>
    public GraphValue Expand(GraphValue x, params ReadOnlySpan<GraphExtent> extents) => Node("Expand", [x, Shape(extents)], x.DataType);

    /// <summary>Repeats the whole tensor along each axis.</summary>
    public GraphValue Tile(GraphValue x, params ReadOnlySpan<long> repeats) => Node("Tile", [x, Integers(repeats)], x.DataType);

    /// <summary>Looks up slices along one axis by index.</summary>
    /// <param name="x">The table.</param>
    /// <param name="indices">int64 indices; their shape replaces the axis.</param>
    /// <param name="axis">The axis to look up along.</param>
    public GraphValue Gather(GraphValue x, GraphValue indices, int axis) => Node("Gather", [x, indices], x.DataType, GraphAttribute.Integer("axis", axis));

    /// <summary>The extents as an int64 tensor.</summary>
    public GraphValue ShapeOf(GraphValue x) => Node("Shape", [x], DataType.Int64);

    /// <summary>One extent as an int64 tensor of one element.</summary>
    public GraphValue ExtentOf(GraphValue x, int axis) =>
        Node("Shape", [x], DataType.Int64, GraphAttribute.Integer("start", axis), GraphAttribute.Integer("end", axis + 1));

    /// <summary>The numbers from <paramref name="start"/> up to, not including, <paramref name="limit"/>; all scalars of one type.</summary>
    public GraphValue Range(GraphValue start, GraphValue limit, GraphValue step)
    {
        RequireSameType(start, limit);
        RequireSameType(start, step);
        return Node("Range", [start, limit, step], start.DataType);
    }

    /// <summary>Enlarges or shrinks by nearest-neighbour: result index i takes <c>floor(i / scale)</c>.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="scales">A factor for every axis.</param>
    public GraphValue ResizeNearest(GraphValue x, params ReadOnlySpan<float> scales) =>
        Node(
            "Resize",
            [x, GraphValue.None, Constant(DataType.Float32, scales, scales.Length)],
            x.DataType,
            GraphAttribute.Text("mode", "nearest"),
            GraphAttribute.Text("coordinate_transformation_mode", "asymmetric"),
            GraphAttribute.Text("nearest_mode", "floor"));

    /// <summary>Moves channel groups into space: <c>[N, C·b², H, W] → [N, C, b·H, b·W]</c>, channel index <c>(c·b + row)·b + column</c>.</summary>
    public GraphValue DepthToSpace(GraphValue x, int blockSize) =>
        Node("DepthToSpace", [x], x.DataType, GraphAttribute.Integer("blocksize", blockSize), GraphAttribute.Text("mode", "CRD"));

    private GraphValue Shape(ReadOnlySpan<GraphExtent> extents)
    {
        if (extents.Length == 1 && extents[0].Value is GraphValue single)
        {
            return single;
        }

        List<GraphValue> parts = [];
        List<long> numbers = [];
        foreach (GraphExtent extent in extents)
        {
            if (extent.Value is GraphValue value)
            {
                RequireType(value, DataType.Int64);
                Flush();
                parts.Add(value);
            }
            else
            {
                numbers.Add(extent.Size ?? throw new ArgumentException("An extent is neither a number nor a value.", nameof(extents)));
            }
        }

        Flush();
        return parts.Count == 0 ? Integers() : Concat(0, [.. parts]);

        void Flush()
        {
            if (numbers.Count > 0)
            {
                parts.Add(Integers([.. numbers]));
                numbers.Clear();
            }
        }
    }
}
