namespace LtxEngine.Tensors;

/// <summary>The element types that a checkpoint may store.</summary>
internal enum DataType
{
    /// <summary>IEEE 754 binary64.</summary>
    Float64,

    /// <summary>IEEE 754 binary32.</summary>
    Float32,

    /// <summary>IEEE 754 binary16.</summary>
    Float16,

    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BFloat16,

    /// <summary>8-bit float e4m3fn: bias 7, largest value 448, no infinity, NaN is 0x7F and 0xFF.</summary>
    Float8E4M3,

    /// <summary>8-bit float e5m2: bias 15, with infinities.</summary>
    Float8E5M2,

    /// <summary>64-bit signed integer.</summary>
    Int64,

    /// <summary>32-bit signed integer.</summary>
    Int32,

    /// <summary>16-bit signed integer.</summary>
    Int16,

    /// <summary>8-bit signed integer.</summary>
    Int8,

    /// <summary>64-bit unsigned integer.</summary>
    UInt64,

    /// <summary>32-bit unsigned integer.</summary>
    UInt32,

    /// <summary>16-bit unsigned integer.</summary>
    UInt16,

    /// <summary>8-bit unsigned integer; also the container of packed 4-bit values.</summary>
    UInt8,

    /// <summary>One byte per truth value.</summary>
    Boolean,
}
