using System.Numerics.Tensors;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Lora;

/// <summary>
/// The product up · down of one LoRA target, asked for in pieces of a row. Each value is summed over the rank in order, so that it does not
/// depend on the pieces or on the threads that compute them.
/// </summary>
internal sealed class LowRankProduct
{
    /// <summary>A piece of every row of <c>down</c> together fits the second-level cache, where the next rows find it again.</summary>
    private const int PieceLength = 1024;

    /// <summary>Rows that one task computes with the same piece of <c>down</c>.</summary>
    private const int RowsPerTask = 16;

    private readonly float[] _up;
    private readonly float[] _down;
    private readonly int _rank;
    private readonly int _inputs;

    /// <summary>Reads both matrices.</summary>
    /// <param name="target">The target.</param>
    /// <param name="strength">Factor of <c>up</c>, besides alpha / rank.</param>
    /// <param name="roundToBFloat16">Whether (up · factor) is rounded to bf16, as in the original code.</param>
    public LowRankProduct(LoraTarget target, float strength, bool roundToBFloat16)
    {
        _rank = target.Rank;
        _inputs = target.InputFeatures;
        _down = new float[checked((int)target.Down.Shape.ElementCount)];
        _up = new float[checked((int)target.Up.Shape.ElementCount)];
        TensorConversion.ToFloat32(target.Down, _down);
        TensorConversion.ToFloat32(target.Up, _up);
        TensorPrimitives.Multiply(_up, strength * target.Scale, _up);
        if (roundToBFloat16)
        {
            TensorConversion.RoundToBFloat16(_up);
        }
    }

    /// <summary>Walks over all pieces of a matrix, on several threads.</summary>
    /// <param name="outputs">Rows.</param>
    /// <param name="inputs">Columns.</param>
    /// <param name="piece">Receives the row, the first column, and two pieces of working memory of the piece's length.</param>
    public static void ForEachPiece(int outputs, int inputs, PieceAction piece) =>
        Parallel.For(0, (outputs + RowsPerTask - 1) / RowsPerTask, task =>
        {
            float[] memory = new float[2 * PieceLength];
            for (int first = 0; first < inputs; first += PieceLength)
            {
                int length = Math.Min(PieceLength, inputs - first);
                for (int output = task * RowsPerTask; output < Math.Min((task + 1) * RowsPerTask, outputs); output++)
                {
                    piece(output, first, memory.AsSpan(0, length), memory.AsSpan(PieceLength, length));
                }
            }
        });

    /// <summary>Computes a piece.</summary>
    /// <param name="output">The row.</param>
    /// <param name="firstInput">The first column.</param>
    /// <param name="piece">Receives the values.</param>
    public void Compute(int output, int firstInput, Span<float> piece)
    {
        piece.Clear();
        for (int rank = 0; rank < _rank; rank++)
        {
            TensorPrimitives.MultiplyAdd(_down.AsSpan((rank * _inputs) + firstInput, piece.Length), _up[(output * _rank) + rank], piece, piece);
        }
    }

    /// <summary>Works on one piece of a matrix.</summary>
    /// <param name="output">The row.</param>
    /// <param name="firstInput">The first column.</param>
    /// <param name="piece">Working memory.</param>
    /// <param name="sum">Further working memory.</param>
    internal delegate void PieceAction(int output, int firstInput, Span<float> piece, Span<float> sum);
}
