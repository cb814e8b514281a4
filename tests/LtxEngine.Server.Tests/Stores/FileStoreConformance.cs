using System.Security.Cryptography;
using System.Text;
using LtxEngine.Server.Files;

namespace LtxEngine.Server.Tests.Stores;

/// <summary>What every file store must do.</summary>
public abstract class FileStoreConformance
{
    /// <summary>Room of the store under test, in bytes.</summary>
    protected const long Quota = 1_000_000;

    private protected ManualTime Time { get; } = new();

    /// <summary>A new, empty store with <see cref="Quota"/> and <see cref="Time"/>.</summary>
    private protected abstract IFileStore Create();

    /// <summary>The same store as a new process finds it.</summary>
    private protected abstract IFileStore Reopen(IFileStore store);

    [Fact]
    public async Task A_stored_file_is_read_back_also_by_the_next_process()
    {
        IFileStore store = Create();
        byte[] content = RandomNumberGenerator.GetBytes(200_000);
        string id = FileIds.Create();

        StoredFile stored = await store.AddAsync(new NewFile(id, "a b/../Bild ä.PNG", "Image/PNG; q=1", TimeSpan.FromHours(1)), new MemoryStream(content), 200_000);

        Assert.Equal(
            (id, "Bild__.PNG", "image/png", 200_000L, Convert.ToHexStringLower(SHA256.HashData(content)), Time.GetUtcNow().AddHours(1)),
            (stored.Id, stored.Name, stored.ContentType, stored.Size, stored.Hash, stored.Expires!.Value));
        store = Reopen(store);
        Assert.Equal(stored, await store.FindAsync(id));
        Assert.Equal(content, await ReadAsync(store, id));
    }

    [Fact]
    public async Task Equal_contents_take_room_once_until_the_last_file_goes()
    {
        IFileStore store = Create();
        string first = await AddAsync(store, "same");
        string second = await AddAsync(store, "same");
        Assert.Equal(4, await store.GetUsedBytesAsync());

        Assert.True(await store.RemoveAsync(first));
        Assert.False(await store.RemoveAsync(first));
        store = Reopen(store);
        Assert.Equal("same"u8.ToArray(), await ReadAsync(store, second));
        Assert.True(await store.RemoveAsync(second));
        Assert.Equal(0, await store.GetUsedBytesAsync());
    }

    [Fact]
    public async Task A_second_content_under_the_same_id_replaces_the_first()
    {
        IFileStore store = Create();
        string id = await AddAsync(store, "first");

        await store.AddAsync(new NewFile(id, "b", "text/plain", null), new MemoryStream("second!"u8.ToArray()), 100);

        Assert.Equal("second!"u8.ToArray(), await ReadAsync(store, id));
        Assert.Equal(7, await store.GetUsedBytesAsync());
    }

    [Fact]
    public async Task An_expired_file_is_gone_at_once_and_swept_later()
    {
        IFileStore store = Create();
        string id = await AddAsync(store, "short", TimeSpan.FromSeconds(10));
        string lasting = await AddAsync(store, "lasting");
        string endless = await AddAsync(store, "endless", TimeSpan.MaxValue);

        Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Null(await store.FindAsync(id));
        Assert.Null(await store.OpenAsync(id));
        Assert.Equal(1, await store.SweepAsync());
        Assert.Equal(0, await store.SweepAsync());
        Assert.NotNull(await store.FindAsync(lasting));
        Assert.NotNull(await store.FindAsync(endless));
        Assert.Equal(14, await store.GetUsedBytesAsync());
    }

    [Fact]
    public async Task A_lifetime_can_be_shortened_and_not_lengthened()
    {
        IFileStore store = Create();
        string id = await AddAsync(store, "endless");
        DateTimeOffset soon = Time.GetUtcNow().AddSeconds(5);

        await store.LimitLifetimeAsync(id, soon);
        await store.LimitLifetimeAsync(id, soon.AddSeconds(100));
        await store.LimitLifetimeAsync(FileIds.Create(), soon);

        Assert.Equal(soon, (await Reopen(store).FindAsync(id))!.Expires);
    }

    [Fact]
    public async Task A_content_that_is_being_read_is_read_to_its_end()
    {
        IFileStore store = Create();
        string id = await AddAsync(store, "read me");
        await using Stream stream = (await store.OpenAsync(id))!;

        await store.RemoveAsync(id);

        using StreamReader reader = new(stream);
        Assert.Equal("read me", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task Too_large_contents_and_a_full_store_leave_nothing()
    {
        IFileStore store = Create();
        NewFile file = new(FileIds.Create(), "x", "a/b", null);

        FileTooLargeException error = await Assert.ThrowsAsync<FileTooLargeException>(() => store.AddAsync(file, new MemoryStream(new byte[101]), 100));
        Assert.Equal(100, error.Limit);
        await Assert.ThrowsAsync<StorageFullException>(() => store.AddAsync(file, new MemoryStream(new byte[Quota + 1]), long.MaxValue));
        await Assert.ThrowsAsync<IOException>(() => store.AddAsync(file, new BrokenStream(), 100));

        Assert.Null(await store.FindAsync(file.Id));
        Assert.Equal(0, await store.GetUsedBytesAsync());
        await store.AddAsync(file, new MemoryStream(RandomNumberGenerator.GetBytes((int)Quota)), Quota);
        await Assert.ThrowsAsync<StorageFullException>(() => store.AddAsync(file with { Id = FileIds.Create() }, new MemoryStream(new byte[1]), 100));
    }

    [Fact]
    public async Task Uploads_at_the_same_time_keep_to_the_quota_together()
    {
        IFileStore store = Create();

        bool[] kept = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            try
            {
                await store.AddAsync(new NewFile(FileIds.Create(), "x", "a/b", null), new MemoryStream(RandomNumberGenerator.GetBytes(300_000)), 300_000);
                return true;
            }
            catch (StorageFullException)
            {
                return false;
            }
        })));

        Assert.InRange(kept.Count(k => k), 0, 3);
        Assert.Equal(300_000L * kept.Count(k => k), await store.GetUsedBytesAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../../etc/passwd")]
    [InlineData("0123456789abcdef0123456789ABCDEF")]
    [InlineData("0123456789abcdef0123456789abcde/")]
    public async Task What_is_no_id_finds_nothing(string id)
    {
        IFileStore store = Create();

        Assert.Null(await store.FindAsync(id));
        Assert.Null(await store.OpenAsync(id));
        Assert.False(await store.RemoveAsync(id));
        await Assert.ThrowsAsync<ArgumentException>(() => store.AddAsync(new NewFile(id, "x", "a/b", null), Stream.Null, 1));
    }

    private static async Task<string> AddAsync(IFileStore store, string text, TimeSpan? lifetime = null)
    {
        string id = FileIds.Create();
        await store.AddAsync(new NewFile(id, "name.txt", "text/plain", lifetime), new MemoryStream(Encoding.UTF8.GetBytes(text)), 1000);
        return id;
    }

    private static async Task<byte[]> ReadAsync(IFileStore store, string id)
    {
        await using Stream stream = (await store.OpenAsync(id))!;
        using MemoryStream copy = new();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("the line broke");
    }
}
