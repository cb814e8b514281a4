using System.Reflection;
using LtxEngine.Kernels;
using LtxEngine.Kernels.Cpu;

namespace LtxEngine.Pipeline;

/// <summary>Finds the device that a pipeline asks for; never another one in its place.</summary>
internal static class DeviceSelection
{
    /// <summary>Assemblies that may bring devices of other kinds; absent ones are no error.</summary>
    private static readonly string[] OptionalAssemblies = ["LtxEngine.Kernels.Ilgpu"];

    /// <summary>The providers of this installation, the processor last.</summary>
    /// <param name="notes">Receives one line per provider that was looked for and is not there.</param>
    public static IReadOnlyList<IComputeDeviceProvider> Providers(List<string> notes)
    {
        List<IComputeDeviceProvider> providers = [];
        foreach (string name in OptionalAssemblies)
        {
            try
            {
                Assembly assembly = Assembly.Load(new AssemblyName(name));
                providers.AddRange(assembly.GetTypes()
                    .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IComputeDeviceProvider)))
                    .Select(t => (IComputeDeviceProvider)Activator.CreateInstance(t, nonPublic: true)!));
            }
            catch (Exception exception) when (exception is IOException or BadImageFormatException)
            {
                notes.Add($"{name} (NVIDIA GPUs) is not installed");
            }
        }

        providers.Add(new CpuDeviceProvider());
        return providers;
    }

    /// <summary>Starts the device.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <param name="threads">Threads of a processor, 0 for one per core.</param>
    /// <param name="computeType">In which numbers it multiplies.</param>
    /// <param name="reason">Receives why this device was taken.</param>
    /// <exception cref="DeviceUnavailableException">There is no such device; the message says what was tried.</exception>
    public static IComputeDevice Create(ComputeDevice wanted, int threads, ComputeType computeType, out string reason)
    {
        List<string> tried = [];
        IReadOnlyList<IComputeDeviceProvider> providers = Providers(tried);
        bool any = string.Equals(wanted.Kind, ComputeDevice.Auto.Kind, StringComparison.Ordinal);
        foreach (IComputeDeviceProvider provider in providers.Where(p => any || string.Equals(p.Kind, wanted.Kind, StringComparison.Ordinal)))
        {
            int count = provider.Describe().Count;
            if (wanted.Index >= count)
            {
                tried.Add(count == 0 ? $"{provider.Kind}: no device found" : $"{provider.Kind}: it has {count} device(s), number {wanted.Index} is not there");
                continue;
            }

            reason = tried.Count == 0 ? $"{wanted} was asked for" : $"{wanted} was asked for; {string.Join("; ", tried)}";
            return provider.Create(wanted.Index, threads, Precision(computeType));
        }

        if (tried.Count == 0)
        {
            tried.Add($"no provider of '{wanted.Kind}' devices is installed");
        }

        throw new DeviceUnavailableException(
            wanted,
            $"The device '{wanted}' cannot be used. Tried: {string.Join("; ", tried)}. Use '--device cpu' (ComputeDevice.Cpu), or install what is missing.");
    }
    /// <summary>A device takes bf16 where it is faster and fp32 where it is not, so that auto asks for it everywhere.</summary>
    /// <summary>The numbers that devices know.</summary>
    /// <param name="computeType">What a user asks for.</param>
    public static ComputePrecision Precision(ComputeType computeType) => computeType switch
    {
        ComputeType.Auto or ComputeType.BrainFloat => ComputePrecision.BrainFloat,
        ComputeType.Int8 => ComputePrecision.Int8,
        _ => ComputePrecision.Single,
    };
}
