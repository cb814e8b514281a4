namespace LtxEngine.Graphs.Building;

/// <summary>The settings of a convolution, one entry per space axis. What is left empty takes ONNX's default: 1, for paddings 0.</summary>
internal sealed record ConvolutionSettings
{
    /// <summary>All defaults.</summary>
    public static ConvolutionSettings Default { get; } = new();

    /// <summary>Step per axis.</summary>
    public long[] Strides { get; init; } = [];

    /// <summary>Zeros in front of all axes, then zeros behind all axes (twice as many entries as axes).</summary>
    public long[] Padding { get; init; } = [];

    /// <summary>Distance between kernel taps per axis.</summary>
    public long[] Dilations { get; init; } = [];

    /// <summary>Extra extent at the end per axis; transposed convolution only.</summary>
    public long[] OutputPadding { get; init; } = [];

    /// <summary>Number of channel groups.</summary>
    public int Groups { get; init; } = 1;

    internal GraphAttribute[] ToAttributes()
    {
        List<GraphAttribute> attributes = [GraphAttribute.Integer("group", Groups)];
        AddList("strides", Strides);
        AddList("pads", Padding);
        AddList("dilations", Dilations);
        AddList("output_padding", OutputPadding);
        return [.. attributes];

        void AddList(string name, long[] values)
        {
            if (values.Length > 0)
            {
                attributes.Add(GraphAttribute.Integers(name, values));
            }
        }
    }
}
