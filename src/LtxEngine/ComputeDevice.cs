using System.Globalization;

namespace LtxEngine;

/// <summary>Which device computes. The engine never falls back to another device than the one asked for.</summary>
public readonly record struct ComputeDevice
{
    private readonly string? _kind;

    private ComputeDevice(string kind, int index)
    {
        _kind = kind;
        Index = index;
    }

    /// <summary>The best device that this build has and this machine offers; which one it was and why stands in the log. The default.</summary>
    public static ComputeDevice Auto { get; } = new("auto", 0);

    /// <summary>The processor.</summary>
    public static ComputeDevice Cpu { get; } = new("cpu", 0);

    /// <summary>The kind, as people write it: <c>auto</c>, <c>cpu</c>, <c>cuda</c>.</summary>
    public string Kind => _kind ?? "auto";

    /// <summary>Number of the device among those of its kind, from 0.</summary>
    public int Index { get; }

    /// <summary>An NVIDIA GPU. Loading fails with <see cref="DeviceUnavailableException"/> where no device of this kind can be started.</summary>
    /// <param name="index">Number of the GPU, from 0.</param>
    /// <returns>The device.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static ComputeDevice Cuda(int index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return new ComputeDevice("cuda", index);
    }

    /// <summary>Reads a device as people write it: <c>auto</c>, <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>.</summary>
    /// <param name="text">The text; case does not matter.</param>
    /// <returns>The device.</returns>
    /// <exception cref="FormatException">The text names no device.</exception>
    public static ComputeDevice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Trim().ToUpperInvariant().Split(':');
        int index = 0;
        bool known = parts switch
        {
            ["AUTO"] or ["CPU"] or ["CUDA"] => true,
            ["CUDA", string number] => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out index),
            _ => false,
        };
        if (!known)
        {
            throw new FormatException($"'{text}' names no device. Use auto, cpu, cuda or cuda:N.");
        }

        return parts[0] switch
        {
            "CPU" => Cpu,
            "CUDA" => Cuda(index),
            _ => Auto,
        };
    }

    /// <summary>The device as <see cref="Parse"/> reads it.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Index == 0 ? Kind : string.Create(CultureInfo.InvariantCulture, $"{Kind}:{Index}");
}
