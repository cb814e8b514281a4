using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Kernels;
using LtxEngine.Tensors;

namespace LtxEngine.Networks.Transformer;

/// <summary>
/// The memory of a transformer, computed from the headers of its checkpoint before anything is loaded. Linear layers are counted in the
/// type in which devices hold them, norms and tables in fp32.
/// </summary>
internal sealed class TransformerMemory
{
    private readonly long[] _blocks;
    private readonly long[] _textBlocks;
    private readonly Dictionary<string, long> _fusedExtra = new(StringComparer.Ordinal);
    private readonly TransformerStructure _structure;

    /// <summary>Reads the headers.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="structure">The structure of its transformer.</param>
    public TransformerMemory(ITensorCollection checkpoint, TransformerStructure structure)
    {
        _structure = structure;
        _blocks = new long[structure.Layers];
        _textBlocks = new long[structure.Layers];
        foreach ((string name, TensorShape shape) in structure.RequiredTensors())
        {
            StoredTensor? stored = checkpoint.Tensors.GetValueOrDefault(TransformerConfiguration.Prefix + name);
            bool isLayer = name.EndsWith(".weight", StringComparison.Ordinal) && shape.Rank == 2;
            bool isBias = name.EndsWith(".bias", StringComparison.Ordinal);
            long single = checked(shape.ElementCount * sizeof(float));
            long held = isLayer && FitsBrain(stored?.DataType) ? shape.ElementCount * sizeof(ushort) : single;
            if (isLayer)
            {
                _fusedExtra.Add(name[..^".weight".Length], single - held);
            }

            // Beside every bias lies the scale of its output.
            long bytes = isBias ? 2 * held : held;
            if (BlockOf(name) is not { } block)
            {
                Globals += bytes;
            }
            else if (name.Contains("attn2.to_k", StringComparison.Ordinal) || name.Contains("attn2.to_v", StringComparison.Ordinal) || name.Contains("attn2.k_norm", StringComparison.Ordinal))
            {
                _textBlocks[block] += bytes;
            }
            else
            {
                _blocks[block] += bytes;
            }
        }
    }

    /// <summary>What every forward pass needs outside the blocks.</summary>
    public long Globals { get; }

    /// <summary>All blocks, with the projections of the text.</summary>
    public long AllBlocks => _blocks.Sum() + _textBlocks.Sum();

    /// <summary>The largest block without the projections of the text.</summary>
    public long LargestBlock => _blocks.Max();

    /// <summary>Weights in memory when the blocks are streamed: some blocks, and the text projections of one while a prompt is prepared.</summary>
    /// <param name="blocks">Blocks in memory, the one in use included.</param>
    public long Streamed(int blocks) => checked(Globals + (Math.Min(blocks, _blocks.Length) * LargestBlock) + _textBlocks.Max());

    /// <summary>What layers gain when LoRAs are added to them: they are held in fp32 then.</summary>
    /// <param name="layers">Names of the changed layers, without prefix; unknown ones are left out.</param>
    /// <param name="blocksInMemory">Blocks in memory; all of them when the transformer is resident.</param>
    public long FusedExtra(IReadOnlySet<string> layers, int blocksInMemory)
    {
        long globals = 0;
        long[] blocks = new long[_blocks.Length];
        foreach (string layer in layers)
        {
            if (!_fusedExtra.TryGetValue(layer, out long extra))
            {
                continue;
            }

            if (BlockOf(layer) is { } block)
            {
                blocks[block] += extra;
            }
            else
            {
                globals += extra;
            }
        }

        return globals + (blocksInMemory >= blocks.Length ? blocks.Sum() : blocksInMemory * blocks.Max());
    }

    /// <summary>Keys and values of a prompt for all blocks.</summary>
    /// <param name="videoRows">Text rows that video attends to.</param>
    /// <param name="audioRows">Text rows that audio attends to.</param>
    public long Text(long videoRows, long audioRows) => checked(
        _structure.Layers * sizeof(float) * 2 * ((videoRows * _structure.Video.Width) + (audioRows * (_structure.Audio?.Width ?? 0))));

    /// <summary>The workspace of forward passes of one shape, as <see cref="AudioVideoTransformer.CreateWorkspace"/> allocates it.</summary>
    /// <param name="videoTokens">Number of video tokens.</param>
    /// <param name="audioTokens">Number of audio tokens.</param>
    /// <param name="limits">How long one operation may be.</param>
    public long Workspace(long videoTokens, long audioTokens, NetworkLimits limits) =>
        checked(Stream(_structure.Video, videoTokens, limits) + (_structure.Audio is null || audioTokens == 0 ? 0 : Stream(_structure.Audio, audioTokens, limits)));

    private static bool FitsBrain(DataType? stored) =>
        stored is DataType.BFloat16 or DataType.Float8E4M3 or DataType.Float8E5M2 or DataType.UInt8;

    private static int? BlockOf(string name)
    {
        const string Prefix = "transformer_blocks.";
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            ? int.Parse(name.AsSpan(Prefix.Length, name.IndexOf('.', Prefix.Length) - Prefix.Length), System.Globalization.CultureInfo.InvariantCulture)
            : null;
    }

    private long Stream(StreamStructure stream, long tokens, NetworkLimits limits)
    {
        checked
        {
            int hiddenRows = limits.RowsPerOperation((int)tokens, 2.0 * stream.Width * stream.HiddenWidth);
            int widest = Math.Max(stream.Width, _structure.CrossWidth);
            bool hasCross = _structure.Audio is not null;
            int tableColumns = _structure.RotaryLayout == RotaryLayout.Split ? 1 : 2;
            long perToken = stream.InChannels + stream.Width + (4L * widest) + stream.OutChannels
                + (tableColumns * (stream.Width + (hasCross ? _structure.CrossWidth : 0)));
            long timesteps = TimestepRows.Length(stream, hasCross ? 11 : 6);
            return sizeof(float) * ((tokens * perToken) + ((long)hiddenRows * stream.HiddenWidth) + timesteps);
        }
    }
}
