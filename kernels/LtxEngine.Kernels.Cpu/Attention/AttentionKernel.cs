using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using LtxEngine.Kernels.Cpu.Products;
using LtxEngine.Kernels.Cpu.Vectors;

namespace LtxEngine.Kernels.Cpu.Attention;

/// <summary>
/// softmax(q·kᵀ·scale)·v with the scores of 32 queries and one block of keys in the cache at a time (online softmax).
/// <para>
/// Everything is computed transposed: Sᵀ = K·Qᵀ has one row per key and one column per query, so 32 queries fill the columns of a
/// <see cref="Panel"/>. The softmax of a query then runs down its lane without ever combining lanes, and Pᵀ = exp(Sᵀ − max) is, as it
/// lies, the right-hand panel of the second product Oᵀ += Vᵀ·Pᵀ. Both products are the micro-kernel of the linear layers.
/// </para>
/// <para>
/// With bf16 products queries, keys, values and exp(Sᵀ − max) are rounded to bf16, two steps of the depth in a word; scores, sums and results
/// stay fp32.
/// </para>
/// <para>
/// Per query the running maximum m and sum l are kept. When a block raises the maximum from m to m′, what was summed so far is scaled
/// by exp(m − m′). The blocks are fixed, so is the order of all sums.
/// </para>
/// <para>
/// Where queries see ranges of keys, hidden keys have the score −∞, hence a weight of e^−87 or less beside that of the seen ones, which no sum
/// of fp32 notices; what was summed over hidden keys alone is scaled away by the first seen one.
/// </para>
/// </summary>
internal static unsafe class AttentionKernel
{
    /// <summary>Keys per block: whole tiles of 14 and of 6 rows; 168·32 scores are 21 KB.</summary>
    public const int KeysPerBlock = 168;

    /// <summary>Most query blocks that one task keeps in flight: each pass over the keys serves all of them.</summary>
    public const int MaximumQueryBlocks = 8;

    /// <summary>Working memory of one worker for a head size, in fp32 values.</summary>
    public static long ScratchLength(int headDimension) =>
        (MaximumQueryBlocks * ((2L * headDimension * Panel.Columns) + (3 * Panel.Columns))) + (KeysPerBlock * Panel.Columns);

    /// <summary>Packs keys and values of one block of one head: <c>task = headInGroup·KeyBlocks + block</c>.</summary>
    public static void PackBlock(void* arguments, int task, int worker)
    {
        AttentionJob* job = (AttentionJob*)arguments;
        int dimension = job->HeadDimension;
        int headInGroup = task / job->KeyBlocks;
        int firstKey = task % job->KeyBlocks * KeysPerBlock;
        int keys = Math.Min(KeysPerBlock, job->Key.Rows - firstKey);
        int channel = (job->FirstKeyHead + headInGroup) * dimension;
        long offset = (headInGroup * job->PackedPerHead) + ((long)firstKey * dimension);

        float** rows = stackalloc float*[Panel.MaximumRows];
        int panels = Panel.RowPanels(keys, job->TileRows);
        for (int panel = 0; panel < panels; panel++)
        {
            int first = Panel.FirstRow(panel, panels, keys);
            int height = Panel.RowsOf(panel, panels, keys);
            for (int r = 0; r < height; r++)
            {
                rows[r] = job->Key.Row(firstKey + first + r) + channel;
            }

            Transposition.Run(rows, height, dimension, job->PackedKeys + offset + ((long)first * dimension), height);
        }

        // The values are turned over by the product itself: a panel holds some channels of every key.
        int paddedKeys = keys + (keys & 1);
        panels = Panel.RowPanels(dimension, job->TileRows);
        for (int panel = 0; panel < panels; panel++)
        {
            int first = Panel.FirstRow(panel, panels, dimension);
            int height = Panel.RowsOf(panel, panels, dimension);
            float* packed = job->PackedValues + offset + ((long)first * paddedKeys);
            for (int key = 0; key < keys; key++)
            {
                CopyRow(job->Value.Row(firstKey + key) + channel + first, packed + (key * height), height);
            }

            if (paddedKeys != keys)
            {
                new Span<float>(packed + (keys * height), height).Clear();
            }
        }
    }

    /// <summary>Copies a few values: two registers that overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRow(float* source, float* destination, int count)
    {
        switch (count)
        {
            case >= 8 and <= 16:
                Vector256.Load(source).Store(destination);
                Vector256.Load(source + count - 8).Store(destination + count - 8);
                break;
            case >= 4 and < 8:
                Vector128.Load(source).Store(destination);
                Vector128.Load(source + count - 4).Store(destination + count - 4);
                break;
            default:
                new Span<float>(source, count).CopyTo(new Span<float>(destination, count));
                break;
        }
    }

    /// <summary>Packs keys and values of one block of one head as bf16 pairs: <c>task = headInGroup·KeyBlocks + block</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackBrainBlock<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        AttentionJob* job = (AttentionJob*)arguments;
        int dimension = job->HeadDimension;
        int words = dimension / 2;
        int headInGroup = task / job->KeyBlocks;
        int firstKey = task % job->KeyBlocks * KeysPerBlock;
        int keys = Math.Min(KeysPerBlock, job->Key.Rows - firstKey);
        int channel = (job->FirstKeyHead + headInGroup) * dimension;
        long offset = (headInGroup * job->PackedPerHead) + ((long)firstKey * words);

        float** rows = stackalloc float*[Panel.MaximumRows];
        uint* rounded = stackalloc uint[Panel.MaximumRows * OperationChecks.MaximumHeadDimension / 2];
        int panels = Panel.RowPanels(keys, job->TileRows);
        for (int panel = 0; panel < panels; panel++)
        {
            int first = Panel.FirstRow(panel, panels, keys);
            int height = Panel.RowsOf(panel, panels, keys);
            for (int r = 0; r < height; r++)
            {
                uint* row = rounded + (r * OperationChecks.MaximumHeadDimension / 2);
                LeftPacking.RoundRow<TLanes, TVector>(job->Key.Row(firstKey + first + r) + channel, dimension, row);
                rows[r] = (float*)row;
            }

            Transposition.Run(rows, height, words, job->PackedKeys + offset + ((long)first * words), height);
        }

        // Two keys of a channel make a word.
        int keyPairs = (keys + 1) / 2;
        panels = Panel.RowPanels(dimension, job->TileRows);
        for (int panel = 0; panel < panels; panel++)
        {
            int first = Panel.FirstRow(panel, panels, dimension);
            int height = Panel.RowsOf(panel, panels, dimension);
            uint* packed = (uint*)(job->PackedValues + offset) + ((long)first * keyPairs);
            for (int pair = 0; pair < keyPairs; pair++)
            {
                float* source = job->Value.Row(firstKey + (2 * pair)) + channel + first;
                float* next = (2 * pair) + 1 < keys ? job->Value.Row(firstKey + (2 * pair) + 1) + channel + first : null;
                uint* place = packed + (pair * height);

                // Whole registers are written over words that follow in this panel, as long as there are enough of these yet to come.
                bool fits = (pair * height) + Panel.MaximumRows + TLanes.Count <= keyPairs * height;
                uint* target = fits ? place : rounded;
                for (int r = 0; r < height; r += TLanes.Count)
                {
                    TVector second = next is null ? TLanes.Zero : TLanes.Load(next + r);
                    TLanes.StoreBrainRows(target + r, TLanes.Load(source + r), second);
                }

                if (!fits)
                {
                    new Span<uint>(rounded, height).CopyTo(new Span<uint>(place, height));
                }
            }
        }
    }

    /// <summary>Attends with some blocks of 32 queries of one head: <c>task = headInGroup·TasksPerHead + part</c>.</summary>
    public static void Attend<TLanes, TVector>(void* arguments, int task, int worker)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        AttentionJob* job = (AttentionJob*)arguments;
        int dimension = job->HeadDimension;
        int headInGroup = task / job->TasksPerHead;
        int keyHeadInGroup = headInGroup / job->QueryHeadsPerKeyHead;
        int channel = ((job->FirstKeyHead * job->QueryHeadsPerKeyHead) + headInGroup) * dimension;
        int firstQuery = task % job->TasksPerHead * job->QueryBlocksPerTask * Panel.Columns;
        int queries = Math.Min(job->QueryBlocksPerTask * Panel.Columns, job->Query.Rows - firstQuery);
        int blocks = Panel.ColumnPanels(queries);
        int valuesPerWord = job->ValuesPerWord;

        int blockLength = dimension * Panel.Columns;
        float* scores = job->WorkerScratch + (worker * job->ScratchPerWorker);
        float* transposedQueries = scores + (KeysPerBlock * Panel.Columns);
        float* results = transposedQueries + (MaximumQueryBlocks * blockLength);
        float* statistics = results + (MaximumQueryBlocks * blockLength);
        int* keyBlocksDone = stackalloc int[MaximumQueryBlocks];
        for (int block = 0; block < blocks; block++)
        {
            int first = firstQuery + (block * Panel.Columns);
            TransposeQueries<TLanes, TVector>(job, first, channel, transposedQueries + (block * blockLength));
            float* blockStatistics = statistics + (block * 3 * Panel.Columns);
            new Span<float>(blockStatistics, Panel.Columns).Fill(float.MinValue);
            new Span<float>(blockStatistics + Panel.Columns, Panel.Columns).Clear();
            keyBlocksDone[block] = 0;
        }

        for (int keyBlock = 0; keyBlock < job->KeyBlocks; keyBlock++)
        {
            int firstKey = keyBlock * KeysPerBlock;
            int keys = Math.Min(KeysPerBlock, job->Key.Rows - firstKey);
            int paddedKeys = keys + (keys & 1);
            long offset = (keyHeadInGroup * job->PackedPerHead) + ((long)firstKey * dimension / valuesPerWord);
            // While the queries pass by this block, each of their blocks brings a part of the next one into the cache.
            long nextOffset = keyBlock + 1 < job->KeyBlocks ? offset + ((long)KeysPerBlock * dimension / valuesPerWord) : offset;
            long nextPart = (long)KeysPerBlock * dimension / valuesPerWord / blocks;
            for (int block = 0; block < blocks; block++)
            {
                byte* nextKeys = (byte*)(job->PackedKeys + nextOffset + (block * nextPart));
                byte* nextValues = (byte*)(job->PackedValues + nextOffset + (block * nextPart));
                int firstBlockQuery = firstQuery + (block * Panel.Columns);
                if (job->FirstKeys is not null && !IsSeen(job, firstBlockQuery, firstKey, keys))
                {
                    continue;
                }

                float* blockStatistics = statistics + (block * 3 * Panel.Columns);
                Product(job, job->PackedKeys + offset, keys, transposedQueries + (block * blockLength), dimension / valuesPerWord, scores, 0, nextKeys);
                if (job->FirstKeys is not null)
                {
                    Hide(job, firstBlockQuery, firstKey, keys, scores);
                }

                if (paddedKeys != keys)
                {
                    new Span<float>(scores + (keys * Panel.Columns), Panel.Columns).Clear();
                }

                Exponentiate<TLanes, TVector>(scores, keys, blockStatistics, valuesPerWord == 2);

                float* result = results + (block * blockLength);
                if (keyBlocksDone[block] > 0)
                {
                    Rescale<TLanes, TVector>(result, dimension, blockStatistics + (2 * Panel.Columns));
                }

                Product(job, job->PackedValues + offset, dimension, scores, paddedKeys / valuesPerWord, result, keyBlocksDone[block], nextValues);
                keyBlocksDone[block]++;
            }
        }

        for (int block = 0; block < blocks; block++)
        {
            WriteResults<TLanes, TVector>(job, firstQuery + (block * Panel.Columns), channel, results + (block * blockLength), statistics + (((block * 3) + 1) * Panel.Columns));
        }
    }

    /// <summary>Whether any of 32 queries sees any key of a block; a block that none sees is left out, which changes nothing.</summary>
    private static bool IsSeen(AttentionJob* job, int firstQuery, int firstKey, int keys)
    {
        int end = Math.Min(firstQuery + Panel.Columns, job->Query.Rows);
        for (int query = firstQuery; query < end; query++)
        {
            if (job->FirstKeys[query] < firstKey + keys && job->EndKeys[query] > firstKey)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Makes −∞ of the scores of keys that a query does not see.</summary>
    private static void Hide(AttentionJob* job, int firstQuery, int firstKey, int keys, float* scores)
    {
        int queries = Math.Min(Panel.Columns, job->Query.Rows - firstQuery);
        for (int column = 0; column < queries; column++)
        {
            int first = Math.Min(job->FirstKeys[firstQuery + column] - firstKey, keys);
            int end = Math.Max(job->EndKeys[firstQuery + column] - firstKey, 0);
            for (int key = 0; key < first; key++)
            {
                scores[(key * Panel.Columns) + column] = float.NegativeInfinity;
            }

            for (int key = end; key < keys; key++)
            {
                scores[(key * Panel.Columns) + column] = float.NegativeInfinity;
            }
        }
    }

    /// <summary>tile[rows][32] (+)= left · right over all row panels, where the depth is counted in words.</summary>
    private static void Product(AttentionJob* job, float* left, int rows, float* right, int depth, float* tile, int accumulate, byte* nextLeft)
    {
        int panels = Panel.RowPanels(rows, job->TileRows);
        for (int panel = 0; panel < panels; panel++)
        {
            int first = Panel.FirstRow(panel, panels, rows);
            int height = Panel.RowsOf(panel, panels, rows);
            float* panelLeft = left + ((long)first * depth);
            if (job->AssembledKernels is null)
            {
                job->MicroKernels[height](panelLeft, (byte*)right, tile + (first * Panel.Columns), depth, accumulate, nextLeft);
            }
            else
            {
                job->AssembledKernels[height](panelLeft, (byte*)right, tile + (first * Panel.Columns), depth, accumulate, nextLeft);
            }

            nextLeft += depth / 2 * MicroKernel.NextLeftBytesPerPair;
        }
    }

    /// <summary>Rounds [rows][32] values to bf16 in place: word j of a column holds rows 2j and 2j + 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PairRows<TLanes, TVector>(float* values, int rows)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int pair = 0; pair < rows / 2; pair++)
        {
            float* first = values + (2 * pair * Panel.Columns);
            uint* words = (uint*)values + (pair * Panel.Columns);
            for (int column = 0; column < Panel.Columns; column += TLanes.Count)
            {
                TLanes.StoreBrainRows(words + column, TLanes.Load(first + column), TLanes.Load(first + Panel.Columns + column));
            }
        }
    }

    /// <summary>Writes 32 queries as [headDim][32], scaled, in pairs where products are bf16; missing queries are 0 and their results are not used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeQueries<TLanes, TVector>(AttentionJob* job, int firstQuery, int channel, float* transposed)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int queries = Math.Min(Panel.Columns, job->Query.Rows - firstQuery);
        int length = job->HeadDimension * Panel.Columns;
        if (queries < Panel.Columns)
        {
            new Span<float>(transposed, length).Clear();
        }

        float** rows = stackalloc float*[Panel.Columns];
        for (int q = 0; q < queries; q++)
        {
            rows[q] = job->Query.Row(firstQuery + q) + channel;
        }

        Transposition.Run(rows, queries, job->HeadDimension, transposed, Panel.Columns);
        TVector scale = TLanes.Broadcast(job->Scale);
        for (int i = 0; i < length; i += TLanes.Count)
        {
            TLanes.Store(transposed + i, TLanes.Multiply(TLanes.Load(transposed + i), scale));
        }

        if (job->ValuesPerWord == 2)
        {
            PairRows<TLanes, TVector>(transposed, job->HeadDimension);
        }
    }

    /// <summary>
    /// Replaces the scores of a block by exp(score − maximum) and updates the statistics of the 32 queries: maxima, sums, and the
    /// factor by which earlier results have to be scaled. In pairs, the weights are rounded to bf16 and word j of a column holds keys 2j and 2j + 1.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Exponentiate<TLanes, TVector>(float* scores, int keys, float* statistics, bool inPairs)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int column = 0; column < Panel.Columns; column += TLanes.Count)
        {
            // The running maximum starts at the smallest finite number: −∞ − (−∞) would make NaN of a block of −∞ scores.
            // Two registers take turns over even and odd keys, so that no step waits for the one before it.
            TVector before = TLanes.Load(statistics + column);
            TVector maximum = before;
            TVector oddMaximum = before;
            float* lane = scores + column;
            int key = 0;
            for (; key < keys - 1; key += 2)
            {
                maximum = TLanes.Max(maximum, TLanes.Load(lane + (key * Panel.Columns)));
                oddMaximum = TLanes.Max(oddMaximum, TLanes.Load(lane + ((key + 1) * Panel.Columns)));
            }

            maximum = TLanes.Max(maximum, oddMaximum);
            if (key < keys)
            {
                maximum = TLanes.Max(maximum, TLanes.Load(lane + (key * Panel.Columns)));
            }

            TVector factor = VectorMath.ExpOfNegative<TLanes, TVector>(TLanes.Subtract(before, maximum));
            TVector sum = TLanes.Multiply(TLanes.Load(statistics + Panel.Columns + column), factor);
            // The last key of an odd number is paired with the weight 0.
            key = 0;
            for (; inPairs && key < keys; key += 2)
            {
                float* score = lane + (key * Panel.Columns);
                TVector first = VectorMath.RoughExpOfNegative<TLanes, TVector>(TLanes.Subtract(TLanes.Load(score), maximum));
                TVector second = key + 1 < keys
                    ? VectorMath.RoughExpOfNegative<TLanes, TVector>(TLanes.Subtract(TLanes.Load(score + Panel.Columns), maximum))
                    : TLanes.Zero;
                TLanes.StoreBrainWeights((uint*)lane + (key / 2 * Panel.Columns), first, second);
                sum = TLanes.Add(sum, TLanes.Add(first, second));
            }

            for (; key < keys; key++)
            {
                float* score = lane + (key * Panel.Columns);
                TVector weight = VectorMath.ExpOfNegative<TLanes, TVector>(TLanes.Subtract(TLanes.Load(score), maximum));
                TLanes.Store(score, weight);
                sum = TLanes.Add(sum, weight);
            }

            TLanes.Store(statistics + column, maximum);
            TLanes.Store(statistics + Panel.Columns + column, sum);
            TLanes.Store(statistics + (2 * Panel.Columns) + column, factor);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rescale<TLanes, TVector>(float* result, int dimension, float* factors)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int column = 0; column < Panel.Columns; column += TLanes.Count)
        {
            TVector factor = TLanes.Load(factors + column);
            for (int j = 0; j < dimension; j++)
            {
                float* value = result + (j * Panel.Columns) + column;
                TLanes.Store(value, TLanes.Multiply(TLanes.Load(value), factor));
            }
        }
    }

    /// <summary>Divides [headDim][32] results by the sums of their queries and writes them as rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteResults<TLanes, TVector>(AttentionJob* job, int firstQuery, int channel, float* result, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int column = 0; column < Panel.Columns; column += TLanes.Count)
        {
            TLanes.Store(sums + column, TLanes.Divide(TLanes.Broadcast(1f), TLanes.Load(sums + column)));
        }

        Rescale<TLanes, TVector>(result, job->HeadDimension, sums);
        float** rows = stackalloc float*[OperationChecks.MaximumHeadDimension];
        for (int j = 0; j < job->HeadDimension; j++)
        {
            rows[j] = result + (j * Panel.Columns);
        }

        int queries = Math.Min(Panel.Columns, job->Query.Rows - firstQuery);
        Transposition.Run(rows, job->HeadDimension, queries, job->Output.Row(firstQuery) + channel, job->Output.Stride);
    }
}
