using System.Reflection;

namespace LtxEngine.PublicApi.Tests;

/// <summary>
/// The public surface is what <c>approved-api.txt</c> says, so that no change of it goes unnoticed. After a wanted change copy
/// <c>received-api.txt</c>, which the failing test writes beside the test program, over it.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly string[] Assemblies = ["LtxEngine", "LtxEngine.Checkpoints", "LtxEngine.Diffusion", "LtxEngine.Graphs", "LtxEngine.Kernels", "LtxEngine.Kernels.Cpu", "LtxEngine.Media", "LtxEngine.Networks", "LtxEngine.Server", "LtxEngine.Tensors"];

    [Fact]
    public void The_public_surface_is_the_approved_one()
    {
        string[] approved = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "approved-api.txt"));
        IReadOnlyList<string> actual = PublicApiListing.Create(Assemblies.Select(a => Assembly.Load(new AssemblyName(a))));
        if (!approved.SequenceEqual(actual, StringComparer.Ordinal))
        {
            string received = Path.Combine(AppContext.BaseDirectory, "received-api.txt");
            File.WriteAllLines(received, actual);
            string[] added = [.. actual.Except(approved, StringComparer.Ordinal).Select(l => "+ " + l.Trim())];
            string[] removed = [.. approved.Except(actual, StringComparer.Ordinal).Select(l => "- " + l.Trim())];
            Assert.Fail($"The public surface changed; what is there now stands in {received}:\n{string.Join('\n', [.. added, .. removed])}");
        }
    }

    [Fact]
    public void Inner_libraries_show_nothing_but_their_exceptions()
    {
        foreach (string name in (string[])["LtxEngine.Kernels", "LtxEngine.Kernels.Cpu", "LtxEngine.Networks", "LtxEngine.Tensors"])
        {
            Assert.All(Assembly.Load(new AssemblyName(name)).GetExportedTypes(), type => Assert.True(type.IsAssignableTo(typeof(Exception)), type.FullName));
        }
    }

    [Fact]
    public void Public_types_that_hold_settings_cannot_be_changed_after_they_were_made()
    {
        PropertyInfo[] writable =
        [
            .. Assemblies.Select(a => Assembly.Load(new AssemblyName(a))).SelectMany(a => a.GetExportedTypes()).SelectMany(t => t.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
                .Where(p => p.SetMethod is { IsPublic: true } setter
                    && !setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit))),
        ];

        Assert.Empty(writable.Select(p => $"{p.DeclaringType}.{p.Name}"));
    }
}
