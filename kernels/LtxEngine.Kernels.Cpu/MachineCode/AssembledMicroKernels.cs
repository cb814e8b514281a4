using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using LtxEngine.Kernels.Cpu.Memory;
using LtxEngine.Kernels.Cpu.Products;

namespace LtxEngine.Kernels.Cpu.MachineCode;

/// <summary>
/// The micro-kernels of one <see cref="MicroKernelKind"/> in executable memory: made when first asked for, kept for the process.
/// <para>
/// There are none where the processor lacks the instruction, where the system gives no executable pages, or where they are switched
/// off: by the environment variable <see cref="SwitchVariable"/> = 1 or the AppContext switch <see cref="SwitchName"/> = true.
/// </para>
/// </summary>
internal sealed unsafe class AssembledMicroKernels
{
    /// <summary>Environment variable that switches code made at run time off.</summary>
    public const string SwitchVariable = "LTXENGINE_NO_RUNTIME_CODE";

    /// <summary>AppContext switch that does the same.</summary>
    public const string SwitchName = "LtxEngine.NoRuntimeCode";

    private static readonly Lazy<AssembledMicroKernels?>[] Kinds =
        [.. Enum.GetValues<MicroKernelKind>().Select(kind => new Lazy<AssembledMicroKernels?>(() => TryCreate(kind)))];

    // The pages have to live as long as their addresses are used.
    private readonly ExecutableMemory _code;
    private readonly AlignedMemory _table;

    private AssembledMicroKernels(ExecutableMemory code, AlignedMemory table)
    {
        _code = code;
        _table = table;
    }

    /// <summary>The micro-kernels; index 1 … 14.</summary>
    public delegate* unmanaged[Cdecl, SuppressGCTransition]<float*, byte*, float*, int, int, byte*, void>* Table =>
        (delegate* unmanaged[Cdecl, SuppressGCTransition]<float*, byte*, float*, int, int, byte*, void>*)_table.Pointer;

    /// <summary>The first instruction of the first kernel.</summary>
    public nint CodeAddress => _code.DangerousGetHandle();

    /// <summary>The kernels of a kind, or null where there are none.</summary>
    /// <param name="kind">The kind.</param>
    public static AssembledMicroKernels? For(MicroKernelKind kind) => Kinds[(int)kind].Value;

    /// <summary>Whether the processor has the instructions and the runtime uses 512-bit registers.</summary>
    /// <param name="kind">The kind.</param>
    public static bool IsSupported(MicroKernelKind kind)
    {
        if (!CpuInstructionSets.IsSupported(CpuInstructionSet.Avx512))
        {
            return false;
        }

        // CPUID leaf 7: BF16 is bit 5 of EAX in subleaf 1, VNNI is bit 11 of ECX in subleaf 0, whose EAX is the last subleaf.
        (int lastSubleaf, _, int features, _) = X86Base.CpuId(7, 0);
        return kind switch
        {
            MicroKernelKind.ByteQuads => (features & (1 << 11)) != 0,
            MicroKernelKind.BrainPairs => lastSubleaf >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0,
            _ => true,
        };
    }

    private static bool IsSwitchedOff() =>
        Environment.GetEnvironmentVariable(SwitchVariable) is "1" || (AppContext.TryGetSwitch(SwitchName, out bool isOff) && isOff);

    private static AssembledMicroKernels? TryCreate(MicroKernelKind kind)
    {
        if (IsSwitchedOff() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || !IsSupported(kind))
        {
            return null;
        }

        byte[][] kernels = new byte[Panel.MaximumRows + 1][];
        int[] offsets = new int[kernels.Length];
        int length = 0;
        for (int rows = 1; rows < kernels.Length; rows++)
        {
            kernels[rows] = MicroKernelAssembler.Assemble(kind, rows, OperatingSystem.IsWindows());
            offsets[rows] = length;
            length += (kernels[rows].Length + AlignedMemory.Alignment - 1) / AlignedMemory.Alignment * AlignedMemory.Alignment;
        }

        // Gaps are filled with breakpoints.
        byte[] all = new byte[length];
        Array.Fill(all, (byte)0xCC);
        for (int rows = 1; rows < kernels.Length; rows++)
        {
            kernels[rows].CopyTo(all, offsets[rows]);
        }

        if (ExecutableMemory.TryCreate(all) is not { } code)
        {
            return null;
        }

        AlignedMemory table = new(kernels.Length * sizeof(nint), null);
        table.Clear();
        for (int rows = 1; rows < kernels.Length; rows++)
        {
            ((nint*)table.Pointer)[rows] = (nint)(code.Pointer + offsets[rows]);
        }

        return new AssembledMicroKernels(code, table);
    }
}
