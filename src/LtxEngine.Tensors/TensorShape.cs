using System.Collections.Immutable;

namespace LtxEngine.Tensors;

/// <summary>The extents of a tensor, slowest axis first. An empty shape is a scalar with one element.</summary>
internal readonly struct TensorShape : IEquatable<TensorShape>
{
    private readonly ImmutableArray<long> _dimensions;
    private readonly long _elementCount;

    /// <summary>Creates a shape.</summary>
    /// <param name="dimensions">Extents, each ≥ 0, slowest axis first.</param>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    /// <exception cref="OverflowException">The number of elements does not fit 63 bits.</exception>
    public TensorShape(params ReadOnlySpan<long> dimensions)
    {
        long count = 1;
        foreach (long dimension in dimensions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension);
            count = checked(count * dimension);
        }

        _dimensions = [.. dimensions];
        _elementCount = count;
    }

    /// <summary>The extents, slowest axis first.</summary>
    public ImmutableArray<long> Dimensions => _dimensions.IsDefault ? [] : _dimensions;

    /// <summary>The number of axes.</summary>
    public int Rank => Dimensions.Length;

    /// <summary>The product of the extents; 1 for a scalar.</summary>
    public long ElementCount => _dimensions.IsDefault ? 1 : _elementCount;

    /// <summary>The extent of one axis.</summary>
    public long this[int axis] => Dimensions[axis];

    /// <summary>The extent of one axis as a 32-bit integer.</summary>
    /// <exception cref="OverflowException">The extent exceeds 31 bits.</exception>
    public int Extent(int axis) => checked((int)Dimensions[axis]);

    /// <inheritdoc/>
    public bool Equals(TensorShape other) => Dimensions.AsSpan().SequenceEqual(other.Dimensions.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (long dimension in Dimensions)
        {
            hash.Add(dimension);
        }

        return hash.ToHashCode();
    }

    /// <summary>The shape as <c>[2, 3, 4]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", Dimensions)}]";

    /// <summary>Whether two shapes have the same extents.</summary>
    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);
}
