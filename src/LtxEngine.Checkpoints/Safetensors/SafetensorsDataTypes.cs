using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Safetensors;

/// <summary>The names of element types in safetensors headers.</summary>
internal static class SafetensorsDataTypes
{
    /// <summary>The names that this engine reads, for messages.</summary>
    public const string Known = "F64, F32, F16, BF16, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U64, U32, U16, U8, BOOL";

    /// <summary>The type of a name; null for an unknown one.</summary>
    public static DataType? Parse(string name) => name switch
    {
        "F64" => DataType.Float64,
        "F32" => DataType.Float32,
        "F16" => DataType.Float16,
        "BF16" => DataType.BFloat16,
        "F8_E4M3" => DataType.Float8E4M3,
        "F8_E5M2" => DataType.Float8E5M2,
        "I64" => DataType.Int64,
        "I32" => DataType.Int32,
        "I16" => DataType.Int16,
        "I8" => DataType.Int8,
        "U64" => DataType.UInt64,
        "U32" => DataType.UInt32,
        "U16" => DataType.UInt16,
        "U8" => DataType.UInt8,
        "BOOL" => DataType.Boolean,
        _ => null,
    };

    /// <summary>The name of a type.</summary>
    public static string Format(DataType dataType) => dataType switch
    {
        DataType.Float64 => "F64",
        DataType.Float32 => "F32",
        DataType.Float16 => "F16",
        DataType.BFloat16 => "BF16",
        DataType.Float8E4M3 => "F8_E4M3",
        DataType.Float8E5M2 => "F8_E5M2",
        DataType.Int64 => "I64",
        DataType.Int32 => "I32",
        DataType.Int16 => "I16",
        DataType.Int8 => "I8",
        DataType.UInt64 => "U64",
        DataType.UInt32 => "U32",
        DataType.UInt16 => "U16",
        DataType.UInt8 => "U8",
        DataType.Boolean => "BOOL",
        _ => throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "Unknown data type."),
    };
}
