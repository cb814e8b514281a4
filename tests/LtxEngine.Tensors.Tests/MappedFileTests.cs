namespace LtxEngine.Tensors.Tests;

public sealed class MappedFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Bytes_are_those_of_the_file()
    {
        File.WriteAllBytes(_path, [1, 2, 3, 4, 5]);
        using MappedFile file = new(_path);
        Assert.Equal(5, file.Length);
        Assert.Equal([2, 3], file.GetBytes(1, 2).ToArray());
        Assert.True(file.GetBytes(5, 0).IsEmpty);
    }

    [Fact]
    public void An_empty_file_has_no_bytes()
    {
        using MappedFile file = new(_path);
        Assert.Equal(0, file.Length);
        Assert.True(file.GetBytes(0, 0).IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.GetBytes(0, 1).Length);
    }

    [Fact]
    public void Offsets_beyond_4_GiB_are_reached()
    {
        const long Position = 5L << 30;
        using (FileStream stream = File.OpenWrite(_path))
        {
            stream.Position = Position;
            stream.WriteByte(42);
        }

        using MappedFile file = new(_path);
        Assert.Equal(Position + 1, file.Length);
        Assert.Equal(42, file.GetBytes(Position, 1)[0]);
    }

    [Fact]
    public void Ranges_outside_and_a_closed_file_are_refused()
    {
        File.WriteAllBytes(_path, [1, 2, 3]);
        MappedFile file = new(_path);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.GetBytes(2, 2).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.GetBytes(-1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.GetBytes(0, -1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.GetBytes(0, 1L << 32).Length);
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.GetBytes(0, 1).Length);
    }
}
