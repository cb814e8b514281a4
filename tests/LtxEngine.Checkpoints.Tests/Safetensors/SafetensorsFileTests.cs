using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Checkpoints.Safetensors;
using LtxEngine.Tensors;

namespace LtxEngine.Checkpoints.Tests.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Header_padding_unknown_fields_empty_tensors_and_scalars_are_accepted()
    {
        string header = """
            {"__metadata__":{"format":"pt"},"scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]},
             "empty":{"dtype":"I64","shape":[3,0],"data_offsets":[4,4],"note":{"x":[1]}},"last":{"shape":[1,2],"data_offsets":[4,8],"dtype":"BF16"}}
            """ + new string(' ', 21);
        byte[] bytes = HostileFiles.Bytes(header, 8);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 8), 1.5f);
        bytes[^3] = 0x40;
        bytes[^1] = 0x3F;
        bytes[^2] = 0x80;
        File.WriteAllBytes(_folder["a.safetensors"], bytes);

        using SafetensorsFile file = SafetensorsFile.Open(_folder["a.safetensors"]);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal([1.5f], file.Tensors["scalar"].ToFloat32Array());
        Assert.Equal(0, file.Tensors["scalar"].Shape.Rank);
        Assert.Empty(file.Tensors["empty"].ToFloat32Array());
        Assert.Equal([2f, 1f], file.Tensors["last"].ToFloat32Array());
        Assert.Equal(bytes.Length - 4, file.Tensors["last"].FileOffset);
        Assert.Equal(4, file.Tensors["last"].ByteLength);
    }

    [Theory]
    [InlineData("32 levels", """{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":LIST}}""")]
    public void Thirty_two_levels_are_accepted(string name, string template)
    {
        string header = template.Replace("LIST", new string('[', 30) + new string(']', 30), StringComparison.Ordinal);
        File.WriteAllBytes(_folder[name], HostileFiles.Bytes(header, 0));
        using SafetensorsFile file = SafetensorsFile.Open(_folder[name]);
        Assert.Single(file.Tensors);
    }

    [Fact]
    public void A_header_of_exactly_100_000_tensors_is_accepted()
    {
        StringBuilder header = new("{\"__metadata__\":{}");
        for (int i = 0; i < 100_000; i++)
        {
            header.Append(",\"").Append(i).Append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }

        File.WriteAllBytes(_folder["a.safetensors"], HostileFiles.Bytes(header.Append('}').ToString(), 0));
        using SafetensorsFile file = SafetensorsFile.Open(_folder["a.safetensors"]);
        Assert.Equal(100_000, file.Tensors.Count);
    }

    [Fact]
    public void Links_inside_the_folder_and_into_the_download_cache_are_followed()
    {
        byte[] content = HostileFiles.Bytes("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1);
        string snapshot = _folder["models--x/snapshots/1234"];
        Directory.CreateDirectory(snapshot);
        Directory.CreateDirectory(_folder["models--x/blobs"]);
        File.WriteAllBytes(_folder["models--x/blobs/abcd"], content);
        File.CreateSymbolicLink(Path.Combine(snapshot, "model.safetensors"), "../../blobs/abcd");
        File.CreateSymbolicLink(Path.Combine(snapshot, "second.safetensors"), "model.safetensors");
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(snapshot, "second.safetensors"));
        Assert.Equal("abcd", Path.GetFileName(file.FilePath));
        Assert.Single(file.Tensors);

        // The folder itself may be reached through a link.
        Directory.CreateSymbolicLink(_folder["current"], snapshot);
        using Checkpoint checkpoint = Checkpoint.Open(_folder["current/model.safetensors"]);
        Assert.Single(checkpoint.Tensors);
    }

    [Fact]
    public void Shards_are_merged_by_their_index()
    {
        File.WriteAllBytes(_folder["one.safetensors"], HostileFiles.Bytes("""{"__metadata__":{"k":"1"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1));
        File.WriteAllBytes(
            _folder["two.safetensors"], HostileFiles.Bytes("""{"__metadata__":{"k":"2","m":"3"},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 2));
        File.WriteAllText(
            _folder["model.safetensors.index.json"], """{"metadata":{"total_size":3},"weight_map":{"b":"two.safetensors","a":"one.safetensors"}}""");
        using Checkpoint checkpoint = Checkpoint.Open(_folder.FullPath);
        Assert.Equal(["a", "b"], checkpoint.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("two.safetensors", Path.GetFileName(checkpoint.Tensors["b"].FilePath));
        Assert.Equal(("1", "3"), (checkpoint.Metadata["k"], checkpoint.Metadata["m"]));
    }

    [Fact]
    public void A_tensor_larger_than_a_span_opens_and_is_read_in_parts()
    {
        const long Length = 3L << 30;
        byte[] header = HostileFiles.Bytes($$$"""{"a":{"dtype":"U8","shape":[{{{Length}}}],"data_offsets":[0,{{{Length}}}]}}""", 0);
        using (FileStream stream = File.Create(_folder["a.safetensors"]))
        {
            stream.Write(header);
            stream.SetLength(header.Length + Length);
            stream.Position = stream.Length - 1;
            stream.WriteByte(7);
        }

        using SafetensorsFile file = SafetensorsFile.Open(_folder["a.safetensors"]);
        StoredTensor tensor = file.Tensors["a"];
        Assert.Equal(ModelFormatErrorKind.LimitExceeded, Assert.Throws<ModelFormatException>(() => tensor.Bytes.Length).Kind);
        Assert.Equal(7, tensor.Slice(Length - 1, new TensorShape(1)).Bytes[0]);
    }

    [Fact]
    public void Random_bytes_never_throw_anything_but_the_typed_error() =>
        Prop.ForAll<byte[]>(bytes => OpensOrIsRefused(bytes)).QuickCheckThrowOnFailure();

    [Fact]
    public void Mutations_of_a_genuine_header_never_throw_anything_but_the_typed_error()
    {
        byte[] good = Encoding.UTF8.GetBytes(
            """{"__metadata__":{"config":"{}"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]}}""");
        Prop.ForAll<(int Position, byte Value)[]>(changes =>
        {
            byte[] header = [.. good];
            foreach ((int position, byte value) in changes.Take(8))
            {
                header[(int)((uint)position % header.Length)] = value;
            }

            return ParsesOrIsRefused(header);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Random_json_never_throws_anything_but_the_typed_error()
    {
        Gen<string> scalar = Gen.Elements("1", "-1", "0", "1e400", "9223372036854775808", "\"F32\"", "\"U8\"", "null", "true", "[]", "{}", "[0,8]", "[2]", "[1,1]", "\"\\ud800\"");
        Gen<string> key = Gen.Elements("dtype", "shape", "data_offsets", "__metadata__", "a", "b", "");
        Gen<string> pair = key.SelectMany(k => scalar.Select(v => $"\"{k}\":{v}"));
        Gen<string> entry = Gen.ListOf(pair).Select(pairs => $"{{{string.Join(',', pairs)}}}");
        Gen<string> header = Gen.ListOf(key.SelectMany(k => Gen.OneOf(entry, scalar).Select(v => $"\"{k}\":{v}"))).Select(pairs => $"{{{string.Join(',', pairs)}}}");
        Prop.ForAll(header.ToArbitrary(), text => ParsesOrIsRefused(Encoding.UTF8.GetBytes(text))).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void What_the_writer_writes_the_reader_reads()
    {
        Gen<DataType> types = Gen.Elements(Enum.GetValues<DataType>());
        Gen<long[]> shapes = Gen.ArrayOf(Gen.Choose(0, 4).Select(value => (long)value)).Where(shape => shape.Length <= 4);
        Gen<(DataType Type, long[] Shape)[]> lists = Gen.ArrayOf(types.SelectMany(type => shapes.Select(shape => (type, shape)))).Where(list => list.Length <= 12);
        int run = 0;
        Prop.ForAll(lists.ToArbitrary(), list =>
        {
            string path = _folder[$"{run++}.safetensors"];
            Random random = new(run);
            (string Name, DataType DataType, TensorShape Shape)[] tensors =
                [.. list.Select((item, i) => ($"tensor \"{i}\" é \u0001", item.Type, new TensorShape(item.Shape)))];
            byte[][] data = [.. tensors.Select(tensor => RandomBytes(random, tensor.Shape.ElementCount * tensor.DataType.SizeInBytes()))];
            Dictionary<string, string> metadata = new(StringComparer.Ordinal) { ["config"] = "{\"a\": \"\\\"\"}", ["x"] = "ü" };
            using (SafetensorsWriter writer = new(path, tensors, metadata))
            {
                foreach (byte[] bytes in data)
                {
                    // In two pieces: the writer is a stream.
                    writer.Append(bytes.AsSpan(0, bytes.Length / 2));
                    writer.Append(bytes.AsSpan(bytes.Length / 2));
                }

                writer.Complete();
            }

            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.Equal(metadata, file.Metadata.ToDictionary(StringComparer.Ordinal));
            Assert.Equal(tensors.Length, file.Tensors.Count);
            for (int i = 0; i < tensors.Length; i++)
            {
                StoredTensor tensor = file.Tensors[tensors[i].Name];
                Assert.Equal((tensors[i].DataType, tensors[i].Shape), (tensor.DataType, tensor.Shape));
                Assert.Equal(data[i], tensor.Bytes.ToArray());
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Fact]
    public void A_file_appears_only_when_complete()
    {
        string path = _folder["a.safetensors"];
        (string, DataType, TensorShape)[] tensors = [("a", DataType.BFloat16, new TensorShape(3)), ("b", DataType.Float32, new TensorShape(1))];
        using (SafetensorsWriter writer = new(path, tensors))
        {
            writer.AppendFloat32([1, 2, 3]);
            Assert.Throws<InvalidOperationException>(() => writer.Append(new byte[5]));
            Assert.Throws<InvalidOperationException>(writer.Complete);
            Assert.False(File.Exists(path));
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.FullPath));
        using (SafetensorsWriter writer = new(path, tensors))
        {
            writer.AppendFloat32([1, 2, 3]);
            writer.AppendFloat32([4]);
            Assert.Throws<InvalidOperationException>(() => writer.AppendFloat32([5]));
            writer.Complete();
        }

        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_folder.FullPath));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal([1f, 2, 3], file.Tensors["a"].ToFloat32Array());
        Assert.Equal(0, file.Tensors["a"].FileOffset % 8);
        Assert.Throws<IOException>(() => new SafetensorsWriter(path, tensors));
        Assert.Throws<ArgumentException>(() => new SafetensorsWriter(_folder["b"], [tensors[0], tensors[0]]));
    }

    private static byte[] RandomBytes(Random random, long length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private bool OpensOrIsRefused(byte[] bytes)
    {
        File.WriteAllBytes(_folder["random"], bytes);
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(_folder["random"]);
            return true;
        }
        catch (ModelFormatException)
        {
            return true;
        }
    }

    private static bool ParsesOrIsRefused(byte[] header)
    {
        try
        {
            SafetensorsHeader.Parse(header, 26, "header");
            return true;
        }
        catch (ModelFormatException)
        {
            return true;
        }
    }
}
