using LtxEngine.Networks.Transformer;
using LtxEngine.Networks.Weights;
using LtxEngine.Testing;

namespace LtxEngine.Networks.Tests;

/// <summary>When blocks are skipped, and what that gives.</summary>
public sealed class ResidualCacheTests
{
    private static readonly ResidualCacheLimits Strict = new(1e-6, 2);

    [Fact]
    public void A_pass_equal_to_the_last_gives_the_same_with_one_block()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        (float[] video, float[] audio) = run.Result();
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, Strict);
        run.Cache = cache.Pass("prompt");

        Assert.Equal(model.Transformer.Structure.Layers, run.Forward());
        Assert.Equal(video, run.VideoVelocity);
        Assert.Equal(audio, run.AudioVelocity);
        Assert.Equal(1, run.Forward());
        Assert.InRange(RelativeError.Of(run.VideoVelocity, video), 0, 1e-5);
        Assert.InRange(RelativeError.Of(run.AudioVelocity, audio), 0, 1e-5);
    }

    [Fact]
    public void No_more_are_skipped_in_a_row_than_allowed()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, Strict);
        run.Cache = cache.Pass("prompt");
        int layers = model.Transformer.Structure.Layers;

        Assert.Equal([layers, 1, 1, layers, 1, 1, layers], Enumerable.Range(0, 7).Select(_ => run.Forward()));
        run.MayReuse = false;
        Assert.Equal(layers, run.Forward());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_change_of_one_stream_is_enough_to_evaluate_all(bool video)
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, new ResidualCacheLimits(0.01, 9));
        run.Cache = cache.Pass("prompt");
        run.Forward();
        float[] latent = video ? run.VideoLatent : run.AudioLatent;
        for (int i = 0; i < latent.Length; i++)
        {
            latent[i] = -latent[i];
        }

        Assert.Equal(model.Transformer.Structure.Layers, run.Forward());
        float[] accelerated = [.. run.VideoVelocity];
        run.Cache = null;
        Assert.Equal(run.Result().Video, accelerated);
    }

    [Fact]
    public void Kinds_of_passes_do_not_see_each_other()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, Strict);
        ResidualCachePass plain = cache.Pass("plain");
        ResidualCachePass isolated = cache.Pass("isolated");
        int layers = model.Transformer.Structure.Layers;
        List<int> evaluated = [];
        for (int step = 0; step < 2; step++)
        {
            run.Cache = plain;
            run.Perturbations = TransformerPerturbations.None;
            evaluated.Add(run.Forward());
            run.Cache = isolated;
            run.Perturbations = TransformerPerturbations.IsolatedModalities;
            evaluated.Add(run.Forward());
        }

        Assert.Equal([layers, layers, 1, 1], evaluated);
        float[] skipped = [.. run.VideoVelocity];
        run.Cache = null;
        Assert.InRange(RelativeError.Of(skipped, run.Result().Video), 0, 1e-5);
        Assert.Same(plain, cache.Pass("plain"));
    }

    [Fact]
    public void A_stream_that_was_not_updated_is_not_reused()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, Strict);
        run.Cache = cache.Pass("prompt");
        int layers = model.Transformer.Structure.Layers;
        run.AudioEnabled = false;
        Assert.Equal([layers, 1], [run.Forward(), run.Forward()]);
        run.AudioEnabled = true;
        Assert.Equal([layers, 1], [run.Forward(), run.Forward()]);
    }

    [Fact]
    public void A_cancelled_pass_leaves_nothing_to_reuse()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, Strict);
        run.Cache = cache.Pass("prompt");
        run.Forward();
        run.MayReuse = false;
        using CancellationTokenSource source = new();
        run.BlockCompleted = _ => source.Cancel();
        Assert.Throws<OperationCanceledException>(() => run.Forward(source.Token));
        run.BlockCompleted = null;
        run.MayReuse = true;
        Assert.Equal(model.Transformer.Structure.Layers, run.Forward());
    }

    [Fact]
    public void A_saved_state_goes_on_bit_for_bit()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, new ResidualCacheLimits(0.5, 2));
        run.Cache = cache.Pass("prompt");
        run.Forward();
        run.Forward();
        IReadOnlyList<ResidualCacheState> saved = cache.Save();
        (int, int, float[], float[]) expected = Continue(run);

        using TinyModel other = new(threads: 5);
        using TransformerRun resumed = other.CreateRun();
        using ResidualCache loaded = other.Transformer.CreateResidualCache(resumed.Workspace, new ResidualCacheLimits(0.5, 2));
        loaded.Load(saved);
        resumed.Cache = loaded.Pass("prompt");
        (int First, int Second, float[] Video, float[] Audio) actual = Continue(resumed);

        Assert.Equal((1, model.Transformer.Structure.Layers), (actual.First, actual.Second));
        Assert.Equal(expected, actual, (a, b) => a.Item1 == b.Item1 && a.Item2 == b.Item2 && a.Item3.SequenceEqual(b.Item3) && a.Item4.SequenceEqual(b.Item4));

        static (int First, int Second, float[] Video, float[] Audio) Continue(TransformerRun run)
        {
            run.VideoLatent[0] += 0.01f;
            int first = run.Forward();
            float[] video = [.. run.VideoVelocity];
            run.VideoLatent[1] += 0.01f;
            int second = run.Forward();
            return (first, second, [.. video, .. run.VideoVelocity], [.. run.AudioVelocity]);
        }
    }

    [Fact]
    public void A_state_of_another_shape_is_refused()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, Strict);
        run.Cache = cache.Pass("prompt");
        run.Forward();
        using TransformerRun larger = model.CreateRun(3, 3, 4);
        using ResidualCache other = model.Transformer.CreateResidualCache(larger.Workspace, Strict);
        Assert.Throws<ArgumentException>(() => other.Load(cache.Save()));
        using TransformerRun silent = model.CreateRun(audioTokens: 0);
        using ResidualCache third = model.Transformer.CreateResidualCache(silent.Workspace, Strict);
        Assert.Throws<ArgumentException>(() => third.Load(cache.Save()));
    }

    [Fact]
    public void Later_passes_allocate_no_managed_memory()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, Strict);
        run.Cache = cache.Pass("prompt");
        int evaluated = 0;
        Assert.Equal(0, SteadyAllocation.Of(() =>
        {
            // A changed latent makes the first pass evaluate every block, the second finds it unchanged.
            run.VideoLatent[0] += 5;
            evaluated = run.Forward() + run.Forward();
        }));
        Assert.Equal(model.Transformer.Structure.Layers + 1, evaluated);
    }

    [Fact]
    public void More_tokens_than_are_compared_work_too()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun(5, 16, 16, 30);
        Assert.True(run.Workspace.VideoTokens > ResidualCache.MostTokensCompared);
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, Strict);
        run.Cache = cache.Pass("prompt");
        (float[] video, _) = run.Result();
        Assert.Equal(1, run.Forward());
        Assert.InRange(RelativeError.Of(run.VideoVelocity, video), 0, 1e-5);
        Assert.All(cache.Save()[0].Values[0].Chunk(model.Transformer.Structure.Video.Width), row => Assert.Contains(row, value => value != 0));
    }

    [Fact]
    public void Streamed_blocks_that_are_skipped_change_nothing()
    {
        using TinyModel model = new(options: new TransformerOptions { Residency = WeightResidency.StreamedAhead(1) });
        using TransformerRun run = model.CreateRun();
        using ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, Strict);
        run.Cache = cache.Pass("prompt");
        (float[] video, _) = run.Result();
        Assert.Equal([1, 1, model.Transformer.Structure.Layers], [run.Forward(), run.Forward(), run.Forward()]);
        Assert.Equal(video, run.VideoVelocity);
    }

    [Fact]
    public void Disposal_gives_all_device_memory_back()
    {
        using TinyModel model = new();
        using TransformerRun run = model.CreateRun();
        run.Forward();
        long before = model.Device.AllocatedBytes;
        using (ResidualCache cache = model.Transformer.CreateResidualCache(run.Workspace, Strict))
        {
            run.Cache = cache.Pass("prompt");
            run.Forward();
            Assert.True(model.Device.AllocatedBytes > before);
        }

        Assert.Equal(before, model.Device.AllocatedBytes);
    }
}
