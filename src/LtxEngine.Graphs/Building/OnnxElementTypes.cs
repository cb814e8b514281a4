using LtxEngine.Graphs.Onnx;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Building;

/// <summary>Maps our element types to those of the ONNX format. ONNX Runtime's own enumeration has the same numbers.</summary>
internal static class OnnxElementTypes
{
    /// <summary>The ONNX number of an element type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is unknown.</exception>
    public static TensorProto.Types.DataType ToOnnx(this DataType dataType) => dataType switch
    {
        DataType.Float64 => TensorProto.Types.DataType.Double,
        DataType.Float32 => TensorProto.Types.DataType.Float,
        DataType.Float16 => TensorProto.Types.DataType.Float16,
        DataType.BFloat16 => TensorProto.Types.DataType.Bfloat16,
        DataType.Float8E4M3 => TensorProto.Types.DataType.Float8E4M3Fn,
        DataType.Float8E5M2 => TensorProto.Types.DataType.Float8E5M2,
        DataType.Int64 => TensorProto.Types.DataType.Int64,
        DataType.Int32 => TensorProto.Types.DataType.Int32,
        DataType.Int16 => TensorProto.Types.DataType.Int16,
        DataType.Int8 => TensorProto.Types.DataType.Int8,
        DataType.UInt64 => TensorProto.Types.DataType.Uint64,
        DataType.UInt32 => TensorProto.Types.DataType.Uint32,
        DataType.UInt16 => TensorProto.Types.DataType.Uint16,
        DataType.UInt8 => TensorProto.Types.DataType.Uint8,
        DataType.Boolean => TensorProto.Types.DataType.Bool,
        _ => throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "Unknown data type."),
    };
}
