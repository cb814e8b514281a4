using Google.Protobuf;
using LtxEngine.Graphs.Onnx;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Building;

/// <summary>A named constant setting of a node.</summary>
internal readonly struct GraphAttribute
{
    private GraphAttribute(AttributeProto proto) => Proto = proto;

    internal AttributeProto Proto { get; }

    /// <summary>An integer setting.</summary>
    public static GraphAttribute Integer(string name, long value) =>
        new(new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value });

    /// <summary>A list of integers.</summary>
    public static GraphAttribute Integers(string name, params ReadOnlySpan<long> values)
    {
        AttributeProto proto = new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        foreach (long value in values)
        {
            proto.Ints.Add(value);
        }

        return new GraphAttribute(proto);
    }

    /// <summary>A floating-point setting.</summary>
    public static GraphAttribute Number(string name, float value) =>
        new(new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value });

    /// <summary>A text setting.</summary>
    public static GraphAttribute Text(string name, string value) =>
        new(new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) });

    /// <summary>An element type given as its ONNX number.</summary>
    public static GraphAttribute ElementType(string name, DataType dataType) => Integer(name, (long)dataType.ToOnnx());
}
