namespace LtxEngine.Kernels.Tests.Conformance;

/// <summary>
/// A device with helpers that place test matrices as strided views: a gap of guard values follows every row, and more stand before and
/// behind, so that a kernel that writes outside its view is caught.
/// </summary>
internal sealed class DeviceUnderTest : IDisposable
{
    private const float Guard = -7777.25f;
    private const int Gap = 5;
    private const int Margin = 3;
    private readonly List<DeviceBuffer> _buffers = [];

    public DeviceUnderTest(IComputeDevice device) => Device = device;

    public IComputeDevice Device { get; }

    public void Dispose()
    {
        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        Device.Dispose();
    }

    /// <summary>A strided view with given values.</summary>
    public DeviceMatrix Place(float[] values, int rows, int columns)
    {
        DeviceMatrix view = Place(rows, columns);
        Device.Upload(values, view);
        return view;
    }

    /// <summary>A strided view of guard values.</summary>
    public DeviceMatrix Place(int rows, int columns)
    {
        int stride = columns + Gap;
        long length = (2 * Margin) + ((long)Math.Max(rows, 1) * stride);
        DeviceBuffer buffer = Device.Allocate(length);
        _buffers.Add(buffer);
        float[] fill = new float[length];
        Array.Fill(fill, Guard);
        Device.Upload(fill, new DeviceMatrix(buffer, 0, 1, (int)length, (int)length));
        return new DeviceMatrix(buffer, Margin, rows, columns, stride);
    }

    /// <summary>One row of values.</summary>
    public DeviceMatrix Row(float[] values) => Place(values, 1, values.Length);

    /// <summary>Reads a placed view after checking that the values around it are untouched.</summary>
    public float[] Read(DeviceMatrix view)
    {
        float[] all = new float[view.Buffer.Length];
        Device.Download(new DeviceMatrix(view.Buffer, 0, 1, all.Length, all.Length), all);
        float[] values = new float[(long)view.Rows * view.Columns];
        for (int i = 0; i < all.Length; i++)
        {
            int row = (i - Margin) / view.RowStride;
            int column = (i - Margin) % view.RowStride;
            if (i >= Margin && row < view.Rows && column < view.Columns)
            {
                values[(row * view.Columns) + column] = all[i];
            }
            else
            {
                Assert.Equal(Guard, all[i]);
            }
        }

        return values;
    }

    /// <summary>Whether a placed view still holds nothing but guard values.</summary>
    public bool IsUntouched(DeviceMatrix view) => Array.TrueForAll(Read(view), value => value == Guard);
}
