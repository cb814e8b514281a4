namespace LtxEngine.Tensors;

/// <summary>Facts about a <see cref="DataType"/>.</summary>
internal static class DataTypeExtensions
{
    /// <summary>The size of one element in bytes.</summary>
    public static int SizeInBytes(this DataType dataType) => dataType switch
    {
        DataType.Float64 or DataType.Int64 or DataType.UInt64 => 8,
        DataType.Float32 or DataType.Int32 or DataType.UInt32 => 4,
        DataType.Float16 or DataType.BFloat16 or DataType.Int16 or DataType.UInt16 => 2,
        DataType.Float8E4M3 or DataType.Float8E5M2 or DataType.Int8 or DataType.UInt8 or DataType.Boolean => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "Unknown data type."),
    };
}
