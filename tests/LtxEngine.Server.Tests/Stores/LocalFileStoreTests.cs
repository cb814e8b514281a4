using LtxEngine.Server.Files;

namespace LtxEngine.Server.Tests.Stores;

/// <summary>The embedded file store passes the conformance suite.</summary>
public sealed class LocalFileStoreTests : FileStoreConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task What_a_crash_left_behind_is_removed()
    {
        IFileStore store = Create();
        string id = FileIds.Create();
        await store.AddAsync(new NewFile(id, "x", "a/b", null), new MemoryStream([1, 2, 3]), 10);
        string orphan = Path.Combine(Directory.CreateDirectory(_folder.File("blobs/00")).FullName, new string('0', 64));
        await File.WriteAllTextAsync(orphan, "no file has this content");
        await File.WriteAllTextAsync(_folder.File("temporary/half"), "half");
        string damaged = Path.Combine(Directory.CreateDirectory(_folder.File("files/00")).FullName, new string('0', 32) + ".json");
        await File.WriteAllTextAsync(damaged, "{");

        store = Create();

        Assert.NotNull(await store.FindAsync(id));
        Assert.False(File.Exists(orphan));
        Assert.False(File.Exists(damaged));
        Assert.Empty(Directory.EnumerateFiles(_folder.File("temporary")));
        Assert.Equal(3, await store.GetUsedBytesAsync());
    }

    public void Dispose() => _folder.Dispose();

    private protected override IFileStore Create() => new LocalFileStore(_folder.Path, Quota, Time);

    private protected override IFileStore Reopen(IFileStore store) => Create();
}
