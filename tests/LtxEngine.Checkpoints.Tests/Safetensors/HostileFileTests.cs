using LtxEngine.Checkpoints.Safetensors;

namespace LtxEngine.Checkpoints.Tests.Safetensors;

public sealed class HostileFileTests
{
    // Enough for messages, exceptions and names; far below what the hostile values claim.
    private const long AllowedBytes = 1 << 20;

    public static TheoryData<string> Kinds => [.. HostileFiles.All.Keys];

    [Fact]
    public void There_are_at_least_sixty_kinds() => Assert.InRange(HostileFiles.All.Count, 60, int.MaxValue);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_malformed_file_is_refused_before_anything_large_is_allocated(string kind)
    {
        (ModelFormatErrorKind expected, Func<TemporaryFolder, string> create) = HostileFiles.All[kind];
        using TemporaryFolder folder = new();
        string path = create(folder);
        bool isFolder = Directory.Exists(path);
        HeaderWork work = new();

        // A thread of its own, so that the count of allocated bytes is only ours and a hang cannot block the test run.
        (Exception? Exception, long AllocatedBytes) result = await Task.Run(() => Open(path, work)).WaitAsync(Testing.HangLimit.Time);

        ModelFormatException exception = Assert.IsType<ModelFormatException>(result.Exception);
        Assert.Equal(expected, exception.Kind);
        Assert.NotEmpty(exception.Problems);
        Assert.InRange(exception.Message.Length, 20, 10_000);
        Assert.InRange(result.AllocatedBytes, 0, AllowedBytes);

        // Each of three passes (UTF-8, syntax, entries) looks at a byte at most once, and never at a header that is too long.
        long headerLength = isFolder || !File.Exists(path) ? 0 : Math.Min(new FileInfo(path).Length, SafetensorsLimits.HeaderBytes);
        Assert.InRange(work.BytesExamined, 0, 3 * headerLength);
        if (kind.Contains("100 MB", StringComparison.Ordinal))
        {
            Assert.Equal(0, work.BytesExamined);
        }
    }

    private static (Exception? Exception, long AllocatedBytes) Open(string path, HeaderWork work)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exception? exception = null;
        try
        {
            if (Directory.Exists(path))
            {
                using Checkpoint checkpoint = Checkpoint.Open(path);
            }
            else
            {
                using SafetensorsFile file = SafetensorsFile.Open(path, folder: null, work);
            }
        }
#pragma warning disable CA1031 // The test is about which exception comes.
        catch (Exception caught)
#pragma warning restore CA1031
        {
            exception = caught;
        }

        return (exception, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
