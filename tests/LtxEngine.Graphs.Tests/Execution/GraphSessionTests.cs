using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Tests.Execution;

public sealed class GraphSessionTests
{
    [Fact]
    public void Inputs_that_do_not_fit_are_refused_before_native_code_sees_them()
    {
        using GraphSession session = GraphSession.Create(BuildSum());
        HostTensor vector = HostTensor.Zeros(4);
        Assert.Contains("a", Refused([]), StringComparison.Ordinal);
        Assert.Contains("[3]", Refused(new() { ["a"] = vector, ["b"] = HostTensor.Zeros(3) }), StringComparison.Ordinal);
        Assert.Contains("[1, 4]", Refused(new() { ["a"] = vector, ["b"] = HostTensor.Zeros(1, 4) }), StringComparison.Ordinal);
        Assert.Contains("Int64", Refused(new() { ["a"] = vector, ["b"] = GraphTensor.From(new long[4], new TensorShape(4)) }), StringComparison.Ordinal);
        Assert.Contains("surplus", Refused(new() { ["a"] = vector, ["b"] = vector, ["surplus"] = vector }), StringComparison.Ordinal);

        string Refused(Dictionary<string, GraphTensor> inputs) => Assert.Throws<ArgumentException>(() => session.Run(inputs)).Message;
    }

    [Fact]
    public void Results_can_be_written_into_memory_of_the_caller()
    {
        using GraphSession session = GraphSession.Create(BuildSum());
        HostTensor a = new(new TensorShape(2), [1, 2]);
        HostTensor sum = HostTensor.Zeros(2);
        session.RunInto(new Dictionary<string, GraphTensor> { ["a"] = a, ["b"] = a }, new Dictionary<string, GraphTensor> { ["sum"] = sum });
        Assert.Equal([2, 4], sum.Data);
        Assert.Throws<GraphException>(() => session.RunInto(
            new Dictionary<string, GraphTensor> { ["a"] = a, ["b"] = a }, new Dictionary<string, GraphTensor> { ["sum"] = HostTensor.Zeros(3) }));
        Assert.Throws<ArgumentException>(() => session.RunInto(
            new Dictionary<string, GraphTensor> { ["a"] = a, ["b"] = a }, new Dictionary<string, GraphTensor> { ["difference"] = sum }));
    }

    [Fact]
    public void A_graph_that_the_runtime_refuses_is_a_typed_error_that_says_why()
    {
        OnnxGraphBuilder builder = new("refused");
        GraphValue x = builder.Input("x", DataType.Float32, 2, 3);
        builder.Output("y", builder.MatMul(x, x), 2, 2);
        string message = Assert.Throws<GraphException>(() => GraphSession.Create(builder.Build())).Message;
        Assert.Contains("refused", message, StringComparison.Ordinal);
        Assert.Contains("MatMul", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_cuda_provider_is_an_error_that_says_what_is_there()
    {
        if (GraphRuntime.AvailableProviders.Contains("CUDAExecutionProvider"))
        {
            return;
        }

        string message = Assert.Throws<ExecutionProviderUnavailableException>(
            () => GraphSession.Create(BuildSum(), new GraphSessionOptions { Provider = ExecutionProvider.Cuda })).Message;
        Assert.Contains("CPUExecutionProvider", message, StringComparison.Ordinal);
        Assert.Contains("Microsoft.ML.OnnxRuntime.Gpu", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_token_stops_loading_and_running()
    {
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => GraphSession.Create(BuildSum(), cancellationToken: cancelled.Token));
        using GraphSession session = GraphSession.Create(BuildSum());
        Assert.Throws<OperationCanceledException>(() => session.Run(new Dictionary<string, GraphTensor> { ["a"] = HostTensor.Zeros(1), ["b"] = HostTensor.Zeros(1) }, cancelled.Token));
    }

    [Fact]
    public void A_run_is_cancelled_between_two_operations()
    {
        OnnxGraphBuilder builder = new("long");
        GraphValue x = builder.Input("x", DataType.Float32, "n", "n");
        GraphValue y = x;
        for (int i = 0; i < 20000; i++)
        {
            y = builder.MatMul(y, x);
        }

        builder.Output("y", y, "n", "n");
        using GraphSession session = GraphSession.Create(builder.Build());
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(20));
        Assert.Throws<OperationCanceledException>(
            () => session.Run(new Dictionary<string, GraphTensor> { ["x"] = HostTensor.Zeros(256, 256) }, source.Token));
        Assert.Equal(0, session.RunSingle(new Dictionary<string, GraphTensor> { ["x"] = HostTensor.Zeros(1, 1) }).Data[0]);
    }

    [Fact]
    public void A_disposed_session_refuses_to_run()
    {
        GraphSession session = GraphSession.Create(BuildSum());
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run(new Dictionary<string, GraphTensor>()));
    }

    private static OnnxGraph BuildSum()
    {
        OnnxGraphBuilder builder = new("sum");
        builder.Output("sum", builder.Add(builder.Input("a", DataType.Float32, "n"), builder.Input("b", DataType.Float32, "n")), "n");
        return builder.Build();
    }
}
