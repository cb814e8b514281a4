using LtxEngine.Kernels.Cpu.MachineCode;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Products;

namespace LtxEngine.Kernels.Cpu.Tests;

/// <summary>A tile computed by a plain loop over packed panels. The values are small integers, so that fp32 sums are exact in any order.</summary>
internal sealed unsafe class MicroKernelModel
{
    private readonly MicroKernelKind _kind;
    private readonly int _rows;
    private readonly int _steps;
    private readonly uint[] _left;
    private readonly uint[] _right;
    private readonly float[] _before;

    public MicroKernelModel(MicroKernelKind kind, int rows, int steps)
    {
        _kind = kind;
        _rows = rows;
        _steps = steps;
        Random random = new(rows + (100 * steps));
        _left = Words(steps * rows, isLeft: true);

        // A word of bf16 pairs that are widened holds two steps.
        _right = Words((kind == MicroKernelKind.WidenedPairs ? steps / 2 : steps) * Panel.Columns, isLeft: false);
        _before = new float[rows * Panel.Columns];
        for (int i = 0; i < _before.Length; i++)
        {
            int value = random.Next(-1000, 1000);
            _before[i] = kind == MicroKernelKind.ByteQuads ? BitConverter.Int32BitsToSingle(value) : value;
        }

        uint[] Words(int count, bool isLeft)
        {
            uint[] words = new uint[count];
            for (int i = 0; i < count; i++)
            {
                words[i] = kind switch
                {
                    MicroKernelKind.ByteQuads => (uint)random.NextInt64(uint.MaxValue + 1L),
                    MicroKernelKind.Singles => BitConverter.SingleToUInt32Bits(random.Next(-31, 32)),
                    MicroKernelKind.WidenedPairs when isLeft => BitConverter.SingleToUInt32Bits(random.Next(-31, 32)),
                    _ => Brain(random.Next(-31, 32)) | (Brain(random.Next(-31, 32)) << 16),
                };
            }

            if (kind == MicroKernelKind.ByteQuads)
            {
                // The extremes: 255·(−128) four times.
                words[0] = isLeft ? 0xFFFFFFFF : 0x80808080;
            }

            return words;
        }
    }

    /// <summary>The tile by the layout's definition; integers as the bits of fp32 values.</summary>
    public float[] Expected(bool accumulate)
    {
        float[] tile = new float[_before.Length];
        for (int i = 0; i < tile.Length; i++)
        {
            long sum = 0;
            for (int step = 0; step < _steps; step++)
            {
                uint left = _left[(step * _rows) + (i / Panel.Columns)];
                uint right = _right[((_kind == MicroKernelKind.WidenedPairs ? step / 2 : step) * Panel.Columns) + (i % Panel.Columns)];
                sum += _kind switch
                {
                    MicroKernelKind.ByteQuads => ByteDot(left, right),
                    MicroKernelKind.BrainPairs => BrainDot(left, right),
                    MicroKernelKind.WidenedPairs => (long)(BitConverter.UInt32BitsToSingle(left) * (step % 2 == 0 ? Lower(right) : Upper(right))),
                    _ => (long)(BitConverter.UInt32BitsToSingle(left) * BitConverter.UInt32BitsToSingle(right)),
                };
            }

            if (_kind == MicroKernelKind.ByteQuads)
            {
                tile[i] = BitConverter.Int32BitsToSingle((int)sum + (accumulate ? BitConverter.SingleToInt32Bits(_before[i]) : 0));
            }
            else
            {
                tile[i] = sum + (accumulate ? _before[i] : 0);
            }
        }

        return tile;
    }

    /// <summary>The tile by the kernel.</summary>
    public float[] Run(AssembledMicroKernels kernels, int accumulate)
    {
        using AlignedMemory left = Copy(_left);
        using AlignedMemory right = Copy(_right);
        float[] tile = (float[])_before.Clone();
        fixed (float* output = tile)
        {
            kernels.Table[_rows]((float*)left.Pointer, right.Pointer, output, _steps, accumulate, (byte*)left.Pointer);
        }

        return tile;
    }

    /// <summary>The tile by a compiled kernel.</summary>
    public float[] Run(delegate*<float*, byte*, float*, int, int, byte*, void> kernel, int accumulate)
    {
        using AlignedMemory left = Copy(_left);
        using AlignedMemory right = Copy(_right);
        float[] tile = (float[])_before.Clone();
        fixed (float* output = tile)
        {
            kernel((float*)left.Pointer, right.Pointer, output, _steps, accumulate, (byte*)left.Pointer);
        }

        return tile;
    }

    private static AlignedMemory Copy(uint[] words)
    {
        AlignedMemory memory = new(words.Length * sizeof(uint), null);
        words.CopyTo(new Span<uint>(memory.Pointer, words.Length));
        return memory;
    }

    private static uint Brain(int value) => BitConverter.SingleToUInt32Bits(value) >> 16;

    private static int BrainDot(uint left, uint right) =>
        (int)((Lower(left) * Lower(right)) + (Upper(left) * Upper(right)));

    private static float Lower(uint pair) => BitConverter.UInt32BitsToSingle(pair << 16);

    private static float Upper(uint pair) => BitConverter.UInt32BitsToSingle(pair & 0xFFFF0000);

    private static int ByteDot(uint left, uint right)
    {
        int sum = 0;
        for (int shift = 0; shift < 32; shift += 8)
        {
            sum += (byte)(left >> shift) * (sbyte)(right >> shift);
        }

        return sum;
    }
}
