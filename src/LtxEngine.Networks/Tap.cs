using LtxEngine.Kernels;

namespace LtxEngine.Networks;

/// <summary>One place at which a probe may look. Without a probe it holds nothing and no name is made.</summary>
internal readonly struct Tap
{
    private readonly ITensorProbe? _probe;
    private readonly string? _name;

    /// <summary>Creates a tap.</summary>
    /// <param name="probe">The probe, or null.</param>
    /// <param name="name">The full name.</param>
    public Tap(ITensorProbe? probe, string name)
    {
        if (probe is not null && probe.Wants(name))
        {
            _probe = probe;
            _name = name;
        }
    }

    /// <summary>Creates a tap in a block.</summary>
    /// <param name="probe">The probe, or null.</param>
    /// <param name="block">The block.</param>
    /// <param name="module">Name of the module in the block.</param>
    public Tap(ITensorProbe? probe, int block, string module)
        : this(probe, probe is null ? string.Empty : $"block_{block}_{module}")
    {
    }

    /// <summary>Whether somebody looks.</summary>
    public bool IsWanted => _probe is not null;

    /// <summary>Shows the values of a device matrix.</summary>
    /// <param name="device">The device.</param>
    /// <param name="values">The values.</param>
    public void Record(IComputeDevice device, DeviceMatrix values)
    {
        if (_probe is null)
        {
            return;
        }

        float[] copy = new float[checked(values.Rows * values.Columns)];
        device.Download(values, copy);
        _probe.Record(_name!, copy, values.Rows, values.Columns);
    }
}
