using System.Buffers.Binary;
using System.Text;

namespace LtxEngine.Checkpoints.Tests.Safetensors;

/// <summary>Hand-made malformed files, by kind. Each is written into an empty folder and names what is to be opened.</summary>
internal static class HostileFiles
{
    private const string GoodEntry = """{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""";

    public static IReadOnlyDictionary<string, (ModelFormatErrorKind Kind, Func<TemporaryFolder, string> Create)> All { get; } = Build();

    public static byte[] Bytes(string header, int dataLength, ulong? claimedLength = null) => Bytes(Encoding.UTF8.GetBytes(header), dataLength, claimedLength);

    public static byte[] Bytes(byte[] header, int dataLength, ulong? claimedLength = null)
    {
        byte[] file = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteUInt64LittleEndian(file, claimedLength ?? (ulong)header.Length);
        header.CopyTo(file, 8);
        return file;
    }

    private static Dictionary<string, (ModelFormatErrorKind, Func<TemporaryFolder, string>)> Build()
    {
        Dictionary<string, (ModelFormatErrorKind, Func<TemporaryFolder, string>)> kinds = new(StringComparer.Ordinal);

        void Raw(string name, ModelFormatErrorKind kind, byte[] file) => kinds.Add(name, (kind, folder =>
        {
            File.WriteAllBytes(folder["model.safetensors"], file);
            return folder["model.safetensors"];
        }
        ));

        void Header(string name, ModelFormatErrorKind kind, string header, int dataLength = 8) => Raw(name, kind, Bytes(header, dataLength));

        void Entry(string name, ModelFormatErrorKind kind, string entry, int dataLength = 8) => Header(name, kind, $$"""{"a":{{entry}}}""", dataLength);

        void Shape(string name, ModelFormatErrorKind kind, string shape) =>
            Entry(name, kind, $$"""{"dtype":"F32","shape":{{shape}},"data_offsets":[0,8]}""");

        void Offsets(string name, ModelFormatErrorKind kind, string offsets) =>
            Entry(name, kind, $$"""{"dtype":"F32","shape":[2],"data_offsets":{{offsets}}}""");

        void Sparse(string name, ModelFormatErrorKind kind, ulong claimedLength, long fileLength) => kinds.Add(name, (kind, folder =>
        {
            byte[] prefix = new byte[9];
            BinaryPrimitives.WriteUInt64LittleEndian(prefix, claimedLength);
            prefix[8] = (byte)'{';
            using FileStream stream = File.Create(folder["model.safetensors"]);
            stream.Write(prefix);
            stream.SetLength(fileLength);
            return folder["model.safetensors"];
        }
        ));

        void Index(string name, ModelFormatErrorKind kind, string index, Action<TemporaryFolder>? prepare = null) => kinds.Add(name, (kind, folder =>
        {
            File.WriteAllText(folder["model.safetensors.index.json"], index);
            File.WriteAllBytes(folder["shard.safetensors"], Bytes($$"""{"a":{{GoodEntry}}}""", 8));
            prepare?.Invoke(folder);
            return folder.FullPath;
        }
        ));

        void Link(string name, ModelFormatErrorKind kind, Func<TemporaryFolder, string> target) => kinds.Add(name, (kind, folder =>
        {
            Directory.CreateDirectory(folder["inside"]);
            File.CreateSymbolicLink(folder["inside/model.safetensors"], target(folder));
            return folder["inside/model.safetensors"];
        }
        ));

        // The file as a whole.
        kinds.Add("missing file", (ModelFormatErrorKind.NotFound, folder => folder["model.safetensors"]));
        kinds.Add("empty folder", (ModelFormatErrorKind.NotFound, folder => folder.FullPath));
        kinds.Add("several files without index", (ModelFormatErrorKind.NotFound, folder =>
        {
            File.WriteAllBytes(folder["one.safetensors"], Bytes("{}", 0));
            File.WriteAllBytes(folder["two.safetensors"], Bytes("{}", 0));
            return folder.FullPath;
        }
        ));
        kinds.Add("diffusers folder", (ModelFormatErrorKind.UnsupportedFormat, folder =>
        {
            File.WriteAllText(folder["model_index.json"], """{"_class_name":"LTX2Pipeline"}""");
            return folder.FullPath;
        }
        ));
        Raw("empty file", ModelFormatErrorKind.Truncated, []);
        Raw("file of seven bytes", ModelFormatErrorKind.Truncated, new byte[7]);
        Raw("length without header", ModelFormatErrorKind.Truncated, [2, 0, 0, 0, 0, 0, 0, 0]);
        Raw("GGUF file", ModelFormatErrorKind.UnsupportedFormat, [.. "GGUF"u8, 3, 0, 0, 0, 0, 0, 0, 0]);
        Raw("zip archive", ModelFormatErrorKind.UnsupportedFormat, [.. "PK"u8, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
        Raw("Git LFS pointer", ModelFormatErrorKind.UnsupportedFormat, [.. "version https://git-lfs.example/spec/v1\n"u8]);
        Raw("web page", ModelFormatErrorKind.UnsupportedFormat, [.. "<!DOCTYPE html><html></html>"u8]);

        // The length of the header.
        Raw("header length beyond the file", ModelFormatErrorKind.Truncated, Bytes("{}", 0, claimedLength: 1000));
        Raw("header length one byte beyond the file", ModelFormatErrorKind.Truncated, Bytes("{}", 0, claimedLength: 3));
        Raw("header length of 2^63", ModelFormatErrorKind.LimitExceeded, Bytes("{}", 8, claimedLength: 1UL << 63));
        Raw("header length of 2^64-1", ModelFormatErrorKind.LimitExceeded, Bytes("{}", 8, claimedLength: ulong.MaxValue));
        Raw("header length of 2^63-8", ModelFormatErrorKind.LimitExceeded, Bytes("{}", 8, claimedLength: (1UL << 63) - 8));
        Sparse("header of more than 100 MB in a large file", ModelFormatErrorKind.LimitExceeded, 100_000_001, 200_000_000);
        Raw("header length of zero", ModelFormatErrorKind.InvalidJson, Bytes("{}", 8, claimedLength: 0));
        Raw("header length cuts the JSON", ModelFormatErrorKind.InvalidJson, Bytes($$"""{"a":{{GoodEntry}}}""", 8, claimedLength: 20));
        Sparse("header of zero bytes", ModelFormatErrorKind.InvalidJson, 1000, 5000);

        // Syntax.
        Header("not JSON", ModelFormatErrorKind.InvalidJson, "hello, world");
        Header("list instead of an object", ModelFormatErrorKind.InvalidJson, "[]");
        Header("number instead of an object", ModelFormatErrorKind.InvalidJson, "12345678");
        Header("unclosed object", ModelFormatErrorKind.InvalidJson, $$"""{"a":{{GoodEntry}}""");
        Header("text after the object", ModelFormatErrorKind.InvalidJson, $$"""{"a":{{GoodEntry}}} x""");
        Header("second object", ModelFormatErrorKind.InvalidJson, $$"""{"a":{{GoodEntry}}}{}""");
        Header("trailing comma", ModelFormatErrorKind.InvalidJson, $$"""{"a":{{GoodEntry}},}""");
        Header("comment", ModelFormatErrorKind.InvalidJson, $$"""{/* */"a":{{GoodEntry}}}""");
        Header("single quotes", ModelFormatErrorKind.InvalidJson, "{'a':{}}");
        Header("byte-order mark", ModelFormatErrorKind.InvalidJson, $$"""{{'\uFEFF'}}{"a":{{GoodEntry}}}""");
        Header("NaN as a number", ModelFormatErrorKind.InvalidJson, """{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}""");
        Raw("invalid UTF-8 in a name", ModelFormatErrorKind.InvalidJson, Bytes([.. "{\""u8, 0xC3, 0x28, .. "\":1}"u8], 8));
        Raw("overlong UTF-8", ModelFormatErrorKind.InvalidJson, Bytes([.. "{\""u8, 0xC0, 0x80, .. "\":1}"u8], 8));
        Raw("UTF-16 header", ModelFormatErrorKind.InvalidJson, Bytes(Encoding.Unicode.GetBytes($$"""{"a":{{GoodEntry}}}"""), 8));
        Header("lone surrogate in a name", ModelFormatErrorKind.InvalidJson, $$"""{"\ud800":{{GoodEntry}}}""");
        Header("lone surrogate in metadata", ModelFormatErrorKind.InvalidJson, $$"""{"__metadata__":{"k":"\udfff"},"a":{{GoodEntry}}}""");
        Header("nested 33 levels", ModelFormatErrorKind.LimitExceeded, $$"""{"a":{{new string('[', 32)}}{{new string(']', 32)}}}""");
        Header("nested a million levels", ModelFormatErrorKind.LimitExceeded, "{\"a\":" + new string('[', 1_000_000));
        Header("nested objects in an unknown field", ModelFormatErrorKind.LimitExceeded, $$$"""{"a":{"x":{{{string.Concat(Enumerable.Repeat("{\"x\":", 40))}}}1{{{new string('}', 40)}}}}}""");

        // Counts and lengths.
        Header("more than 100,000 tensors", ModelFormatErrorKind.LimitExceeded, ManyEntries(100_001), 0);
        Header("a million tensors", ModelFormatErrorKind.LimitExceeded, ManyEntries(1_000_000), 0);
        Header("name of 5,000 bytes", ModelFormatErrorKind.LimitExceeded, $$"""{"{{new string('n', 5000)}}":{{GoodEntry}}}""");
        Header("name of 50 million bytes", ModelFormatErrorKind.LimitExceeded, $$"""{"{{new string('n', 50_000_000)}}":{{GoodEntry}}}""");
        Header("metadata value of 20 million bytes", ModelFormatErrorKind.LimitExceeded, $$$"""{"__metadata__":{"k":"{{{new string('v', 20_000_000)}}}"}}""", 0);
        Header(
            "metadata of 20,000 entries",
            ModelFormatErrorKind.LimitExceeded,
            $$$"""{"__metadata__":{{{{string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"k{i}\":\"\""))}}}}}""",
            0);
        Shape("shape of 33 dimensions", ModelFormatErrorKind.LimitExceeded, $"[{string.Join(',', Enumerable.Repeat("1", 33))}]");
        Shape("shape of a million dimensions", ModelFormatErrorKind.LimitExceeded, $"[{string.Join(',', Enumerable.Repeat("1", 1_000_000))}]");

        // Duplicates.
        Header("tensor listed twice", ModelFormatErrorKind.DuplicateKey, $$"""{"a":{{GoodEntry}},"a":{{GoodEntry}}}""");
        Header("tensor listed twice, once escaped", ModelFormatErrorKind.DuplicateKey, $$"""{"a":{{GoodEntry}},"\u0061":{{GoodEntry}}}""");
        Header("metadata twice", ModelFormatErrorKind.DuplicateKey, """{"__metadata__":{},"__metadata__":{}}""", 0);
        Header("metadata key twice", ModelFormatErrorKind.DuplicateKey, """{"__metadata__":{"k":"1","k":"2"}}""", 0);
        Entry("dtype twice", ModelFormatErrorKind.DuplicateKey, """{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}""");
        Entry("shape twice", ModelFormatErrorKind.DuplicateKey, """{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}""");
        Entry("data_offsets twice", ModelFormatErrorKind.DuplicateKey, """{"dtype":"F32","shape":[2],"data_offsets":[0,8],"data_offsets":[0,8]}""");

        // Entries.
        Header("metadata is a list", ModelFormatErrorKind.InvalidEntry, """{"__metadata__":[]}""", 0);
        Header("metadata value is a number", ModelFormatErrorKind.InvalidEntry, """{"__metadata__":{"k":1}}""", 0);
        Header("metadata value is an object", ModelFormatErrorKind.InvalidEntry, """{"__metadata__":{"config":{}}}""", 0);
        Entry("entry is a string", ModelFormatErrorKind.InvalidEntry, "\"F32\"");
        Entry("entry is null", ModelFormatErrorKind.InvalidEntry, "null");
        Entry("entry is a list", ModelFormatErrorKind.InvalidEntry, """["F32",[2],[0,8]]""");
        Entry("dtype missing", ModelFormatErrorKind.InvalidEntry, """{"shape":[2],"data_offsets":[0,8]}""");
        Entry("shape missing", ModelFormatErrorKind.InvalidEntry, """{"dtype":"F32","data_offsets":[0,8]}""");
        Entry("data_offsets missing", ModelFormatErrorKind.InvalidEntry, """{"dtype":"F32","shape":[2]}""");
        Entry("dtype is a number", ModelFormatErrorKind.InvalidEntry, """{"dtype":32,"shape":[2],"data_offsets":[0,8]}""");
        Entry("shape is a number", ModelFormatErrorKind.InvalidEntry, """{"dtype":"F32","shape":2,"data_offsets":[0,8]}""");
        Entry("data_offsets is an object", ModelFormatErrorKind.InvalidEntry, """{"dtype":"F32","shape":[2],"data_offsets":{"begin":0,"end":8}}""");
        Offsets("one offset", ModelFormatErrorKind.InvalidEntry, "[0]");
        Offsets("three offsets", ModelFormatErrorKind.InvalidEntry, "[0,8,8]");
        Entry("unknown dtype", ModelFormatErrorKind.UnknownDataType, """{"dtype":"F31","shape":[2],"data_offsets":[0,8]}""");
        Entry("dtype in lower case", ModelFormatErrorKind.UnknownDataType, """{"dtype":"f32","shape":[2],"data_offsets":[0,8]}""");
        Entry("sub-byte dtype", ModelFormatErrorKind.UnknownDataType, """{"dtype":"F4","shape":[2],"data_offsets":[0,1]}""", 1);

        // Shapes.
        Shape("negative dimension", ModelFormatErrorKind.InvalidShape, "[-2]");
        Shape("two negative dimensions", ModelFormatErrorKind.InvalidShape, "[-1,-2]");
        Shape("fractional dimension", ModelFormatErrorKind.InvalidShape, "[2.5]");
        Shape("dimension in exponent form", ModelFormatErrorKind.InvalidShape, "[2e30]");
        Shape("dimension as a string", ModelFormatErrorKind.InvalidShape, "[\"2\"]");
        Shape("dimension as a list", ModelFormatErrorKind.InvalidShape, "[[2]]");
        Shape("dimension of 2^63", ModelFormatErrorKind.InvalidShape, "[9223372036854775808]");
        Shape("dimension of 2^64+2", ModelFormatErrorKind.InvalidShape, "[18446744073709551618]");
        Shape("element count overflows to 2", ModelFormatErrorKind.InvalidShape, "[4294967296,4294967296,2]");
        Shape("element count overflows beside a zero", ModelFormatErrorKind.InvalidShape, "[9223372036854775807,9223372036854775807,0]");
        Shape("byte count overflows to 8", ModelFormatErrorKind.SizeMismatch, "[4611686018427387906]");
        Shape("huge dimension", ModelFormatErrorKind.SizeMismatch, "[1000000000000]");

        // Offsets.
        Offsets("negative offset", ModelFormatErrorKind.InvalidOffset, "[-8,0]");
        Offsets("reversed offsets", ModelFormatErrorKind.InvalidOffset, "[8,0]");
        Offsets("offset beyond 63 bits", ModelFormatErrorKind.InvalidOffset, "[9223372036854775808,9223372036854775816]");
        Offsets("fractional offset", ModelFormatErrorKind.InvalidOffset, "[0,8.5]");
        Offsets("offset as a string", ModelFormatErrorKind.InvalidOffset, "[\"0\",\"8\"]");
        Offsets("too few bytes for the shape", ModelFormatErrorKind.SizeMismatch, "[0,4]");
        Offsets("too many bytes for the shape", ModelFormatErrorKind.SizeMismatch, "[0,16]");
        Entry("wrong dtype size", ModelFormatErrorKind.SizeMismatch, """{"dtype":"BF16","shape":[2],"data_offsets":[0,8]}""");
        Entry("scalar with no bytes", ModelFormatErrorKind.SizeMismatch, """{"dtype":"F32","shape":[],"data_offsets":[0,0]}""", 0);
        Entry("bytes for an empty tensor", ModelFormatErrorKind.SizeMismatch, """{"dtype":"F32","shape":[0,5],"data_offsets":[0,8]}""");
        Offsets("range near 2^63", ModelFormatErrorKind.Truncated, "[9223372036854775799,9223372036854775807]");
        Entry("data truncated by one byte", ModelFormatErrorKind.Truncated, GoodEntry, 7);
        Entry("no data at all", ModelFormatErrorKind.Truncated, GoodEntry, 0);

        // Layout of the data.
        Header("tensors share bytes", ModelFormatErrorKind.Overlap, $$$"""{"a":{{{GoodEntry}}},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12);
        Header("tensors on the same bytes", ModelFormatErrorKind.Overlap, $$"""{"a":{{GoodEntry}},"b":{{GoodEntry}}}""");
        Header("tensor inside another", ModelFormatErrorKind.Overlap, """{"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 16);
        Header("gap between tensors", ModelFormatErrorKind.Gap, $$$"""{"a":{{{GoodEntry}}},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}""", 20);
        Offsets("gap before the first tensor", ModelFormatErrorKind.Truncated, "[8,16]");
        Entry("gap at the start", ModelFormatErrorKind.Gap, """{"dtype":"F32","shape":[2],"data_offsets":[8,16]}""", 16);
        Entry("trailing bytes", ModelFormatErrorKind.Gap, GoodEntry, 9);
        Header("data without tensors", ModelFormatErrorKind.Gap, "{}");

        // Links and indexes.
        Link("link out of the folder", ModelFormatErrorKind.OutsideFolder, folder =>
        {
            File.WriteAllBytes(folder["elsewhere.safetensors"], Bytes("{}", 0));
            return "../elsewhere.safetensors";
        });
        Link("absolute link out of the folder", ModelFormatErrorKind.OutsideFolder, folder =>
        {
            File.WriteAllBytes(folder["elsewhere.safetensors"], Bytes("{}", 0));
            return folder["elsewhere.safetensors"];
        });
        Link("link to a device", ModelFormatErrorKind.OutsideFolder, _ => "/dev/zero");
        Link("link to nothing", ModelFormatErrorKind.NotFound, _ => "nothing.safetensors");
        Link("link to itself", ModelFormatErrorKind.NotFound, _ => "model.safetensors");
        Link("link to a folder", ModelFormatErrorKind.NotFound, folder =>
        {
            Directory.CreateDirectory(folder["inside/sub"]);
            return "sub";
        });
        Index("index is no object", ModelFormatErrorKind.InvalidIndex, "[]");
        Index("index is not JSON", ModelFormatErrorKind.InvalidJson, "weights");
        Index("index without weight_map", ModelFormatErrorKind.InvalidIndex, """{"metadata":{"total_size":8}}""");
        Index("index with an empty weight_map", ModelFormatErrorKind.InvalidIndex, """{"weight_map":{}}""");
        Index("weight_map is a list", ModelFormatErrorKind.InvalidIndex, """{"weight_map":["shard.safetensors"]}""");
        Index("weight_map value is a number", ModelFormatErrorKind.InvalidIndex, """{"weight_map":{"a":1}}""");
        Index("weight_map names a file of another kind", ModelFormatErrorKind.InvalidIndex, """{"weight_map":{"a":"/etc/passwd"}}""");
        Index("weight_map lists a tensor twice", ModelFormatErrorKind.DuplicateKey, """{"weight_map":{"a":"shard.safetensors","a":"shard.safetensors"}}""");
        Index("weight_map twice", ModelFormatErrorKind.DuplicateKey, """{"weight_map":{"a":"shard.safetensors"},"weight_map":{"a":"shard.safetensors"}}""");
        Index("index nested too deep", ModelFormatErrorKind.LimitExceeded, $$"""{"metadata":{{new string('[', 100)}}""");
        Index("weight_map of more than 100,000 tensors", ModelFormatErrorKind.LimitExceeded, $$$"""{"weight_map":{{{{string.Join(',', Enumerable.Range(0, 100_001).Select(i => $"\"t{i}\":\"shard.safetensors\""))}}}}}""");
        Index("index leads out by ..", ModelFormatErrorKind.OutsideFolder, """{"weight_map":{"a":"../shard.safetensors"}}""");
        Index("index leads out by .. in the middle", ModelFormatErrorKind.OutsideFolder, """{"weight_map":{"a":"sub/../../shard.safetensors"}}""");
        Index("index names an absolute path", ModelFormatErrorKind.OutsideFolder, """{"weight_map":{"a":"/tmp/shard.safetensors"}}""");
        Index("index names a Windows path", ModelFormatErrorKind.OutsideFolder, """{"weight_map":{"a":"C:\\models\\shard.safetensors"}}""");
        Index("index names a backslash path", ModelFormatErrorKind.OutsideFolder, """{"weight_map":{"a":"..\\shard.safetensors"}}""");
        Index("index names a path with NUL", ModelFormatErrorKind.OutsideFolder, """{"weight_map":{"a":"shard\u0000.safetensors"}}""");
        Index("index names a missing shard", ModelFormatErrorKind.NotFound, """{"weight_map":{"a":"other.safetensors"}}""");
        Index("index names a tensor that its shard lacks", ModelFormatErrorKind.InvalidIndex, """{"weight_map":{"a":"shard.safetensors","b":"shard.safetensors"}}""");
        Index("shard is a link out of the folder", ModelFormatErrorKind.OutsideFolder, """{"weight_map":{"a":"linked.safetensors"}}""", folder =>
            File.CreateSymbolicLink(folder["linked.safetensors"], "/dev/zero"));
        Index("shard is truncated", ModelFormatErrorKind.Truncated, """{"weight_map":{"a":"broken.safetensors"}}""", folder =>
            File.WriteAllBytes(folder["broken.safetensors"], Bytes($$"""{"a":{{GoodEntry}}}""", 4)));
        return kinds;
    }

    private static string ManyEntries(int count)
    {
        StringBuilder header = new("{");
        for (int i = 0; i < count; i++)
        {
            header.Append(i == 0 ? string.Empty : ",").Append("\"t").Append(i).Append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
        }

        return header.Append('}').ToString();
    }
}
