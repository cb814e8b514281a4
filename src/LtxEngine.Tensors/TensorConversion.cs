using System.Runtime.InteropServices;

namespace LtxEngine.Tensors;

/// <summary>Converts stored tensors to fp32.</summary>
internal static class TensorConversion
{
    /// <summary>Converts every element of a tensor to fp32.</summary>
    /// <param name="source">The stored tensor.</param>
    /// <param name="destination">Receives as many values as the tensor has elements.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    /// <exception cref="NotSupportedException">The stored type has no conversion.</exception>
    public static void ToFloat32(ITensorData source, Span<float> destination)
    {
        int count = checked((int)source.Shape.ElementCount);
        if (destination.Length < count)
        {
            throw new ArgumentException($"The destination holds {destination.Length} values, the tensor has {count}.", nameof(destination));
        }

        destination = destination[..count];
        ReadOnlySpan<byte> bytes = source.Bytes;
        switch (source.DataType)
        {
            case DataType.Float32:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(destination);
                break;
            case DataType.BFloat16:
                ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < count; i++)
                {
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                }

                break;
            default:
                throw new NotSupportedException($"{source.DataType} cannot be converted to fp32 yet.");
        }
    }
}
