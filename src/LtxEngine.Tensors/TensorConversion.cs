using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace LtxEngine.Tensors;

/// <summary>
/// Converts between fp32 and the stored element types, vectorised. Widening is exact (fp64 and integers round to nearest even);
/// narrowing rounds to nearest even and keeps NaN.
/// </summary>
internal static partial class TensorConversion
{
    /// <summary>Converts every element of a tensor to fp32.</summary>
    /// <param name="source">The stored tensor.</param>
    /// <param name="destination">Receives as many values as the tensor has elements.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static void ToFloat32(ITensorData source, Span<float> destination)
    {
        int count = checked((int)source.Shape.ElementCount);
        if (destination.Length < count)
        {
            throw new ArgumentException($"The destination holds {destination.Length} values, the tensor has {count}.", nameof(destination));
        }

        ToFloat32(source.DataType, source.Bytes, destination[..count]);
    }

    /// <summary>Converts little-endian elements to fp32.</summary>
    /// <param name="dataType">The type of the elements.</param>
    /// <param name="source">The elements' bytes.</param>
    /// <param name="destination">Receives one value per element.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    public static void ToFloat32(DataType dataType, ReadOnlySpan<byte> source, Span<float> destination)
    {
        CheckLengths(dataType, source.Length, destination.Length);
        switch (dataType)
        {
            case DataType.Float64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
            case DataType.Float32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
            case DataType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case DataType.BFloat16:
                BFloat16ToFloat32(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case DataType.Float8E4M3:
                Float8E4M3ToFloat32(source, destination);
                break;
            case DataType.Float8E5M2:
                Float8E5M2ToFloat32(source, destination);
                break;
            case DataType.Int64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, long>(source), destination);
                break;
            case DataType.Int32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, int>(source), destination);
                break;
            case DataType.Int16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, short>(source), destination);
                break;
            case DataType.Int8:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, sbyte>(source), destination);
                break;
            case DataType.UInt64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, ulong>(source), destination);
                break;
            case DataType.UInt32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, uint>(source), destination);
                break;
            case DataType.UInt16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case DataType.UInt8:
                TensorPrimitives.ConvertTruncating(source, destination);
                break;
            case DataType.Boolean:
                for (int i = 0; i < source.Length; i++)
                {
                    destination[i] = source[i] == 0 ? 0 : 1;
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(dataType), dataType, "Unknown data type.");
        }
    }

    /// <summary>Converts fp32 values to a floating-point type, little-endian.</summary>
    /// <param name="source">The values.</param>
    /// <param name="dataType">A floating-point type.</param>
    /// <param name="destination">Receives the elements' bytes.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    /// <exception cref="NotSupportedException">The type is not a floating-point type.</exception>
    public static void FromFloat32(ReadOnlySpan<float> source, DataType dataType, Span<byte> destination)
    {
        CheckLengths(dataType, destination.Length, source.Length);
        switch (dataType)
        {
            case DataType.Float64:
                TensorPrimitives.ConvertTruncating(source, MemoryMarshal.Cast<byte, double>(destination));
                break;
            case DataType.Float32:
                source.CopyTo(MemoryMarshal.Cast<byte, float>(destination));
                break;
            case DataType.Float16:
                TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case DataType.BFloat16:
                Float32ToBFloat16(source, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            case DataType.Float8E4M3:
                Float32ToFloat8E4M3(source, destination);
                break;
            case DataType.Float8E5M2:
                Float32ToFloat8E5M2(source, destination);
                break;
            default:
                throw new NotSupportedException($"fp32 values are not converted to {dataType}: rounding to integers is the caller's decision.");
        }
    }

    private static void CheckLengths(DataType dataType, int byteLength, int count)
    {
        if (byteLength != (long)count * dataType.SizeInBytes())
        {
            throw new ArgumentException($"{count} elements of {dataType} take {(long)count * dataType.SizeInBytes()} bytes, not {byteLength}.", nameof(byteLength));
        }
    }

    private static void CheckCounts(int source, int destination)
    {
        if (source != destination)
        {
            throw new ArgumentException($"The destination holds {destination} values; {source} are to be converted.", nameof(destination));
        }
    }
}
