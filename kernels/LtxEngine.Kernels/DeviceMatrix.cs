namespace LtxEngine.Kernels;

/// <summary>
/// A view of rows of fp32 values in device memory: one row per token (or per position of a volume), one column per channel.
/// Element (r, c) is at <c>Offset + r·RowStride + c</c>. Views do not own memory and are cheap to make.
/// </summary>
internal readonly record struct DeviceMatrix
{
    /// <summary>Creates a view.</summary>
    /// <param name="buffer">The memory.</param>
    /// <param name="offset">Element index of (0, 0).</param>
    /// <param name="rows">Number of rows, ≥ 0.</param>
    /// <param name="columns">Number of columns, ≥ 1.</param>
    /// <param name="rowStride">Elements from one row to the next, ≥ <paramref name="columns"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The view leaves the buffer.</exception>
    public DeviceMatrix(DeviceBuffer buffer, long offset, int rows, int columns, int rowStride)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rowStride, columns);
        long end = rows == 0 ? offset : checked(offset + ((long)(rows - 1) * rowStride) + columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, buffer.Length, nameof(rows));
        Buffer = buffer;
        Offset = offset;
        Rows = rows;
        Columns = columns;
        RowStride = rowStride;
    }

    /// <summary>The memory.</summary>
    public DeviceBuffer Buffer { get; }

    /// <summary>Element index of (0, 0).</summary>
    public long Offset { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Elements from one row to the next.</summary>
    public int RowStride { get; }

    /// <summary>Whether two views share an element. Views of equal stride are judged exactly, others by their extent.</summary>
    /// <param name="other">The other view.</param>
    public bool Overlaps(DeviceMatrix other)
    {
        if (!ReferenceEquals(Buffer, other.Buffer) || Rows == 0 || other.Rows == 0)
        {
            return false;
        }

        long end = Offset + ((long)(Rows - 1) * RowStride) + Columns;
        long otherEnd = other.Offset + ((long)(other.Rows - 1) * other.RowStride) + other.Columns;
        if (end <= other.Offset || otherEnd <= Offset)
        {
            return false;
        }

        if (RowStride != other.RowStride)
        {
            return true;
        }

        // Column windows on a circle of RowStride elements: apart when each starts behind the end of the other.
        long distance = (other.Offset - Offset) % RowStride;
        distance = distance < 0 ? distance + RowStride : distance;
        return distance < Columns || distance + other.Columns > RowStride;
    }

    /// <summary>Some columns of every row, as in one part of a merged q/k/v product.</summary>
    /// <param name="first">The first column.</param>
    /// <param name="count">The number of columns.</param>
    public DeviceMatrix ColumnRange(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)first + count, Columns, nameof(count));
        return new DeviceMatrix(Buffer, Offset + first, Rows, count, RowStride);
    }

    /// <summary>Some consecutive rows.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">The number of rows.</param>
    public DeviceMatrix RowRange(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)first + count, Rows, nameof(count));
        return new DeviceMatrix(Buffer, Offset + ((long)first * RowStride), count, Columns, RowStride);
    }
}
