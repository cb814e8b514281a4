namespace LtxEngine.Tensors.Tests;

public sealed class TensorShapeTests
{
    [Fact]
    public void Scalar_has_one_element() => Assert.Equal(1, new TensorShape().ElementCount);

    [Fact]
    public void Element_count_overflow_is_refused() => Assert.Throws<OverflowException>(() => new TensorShape(long.MaxValue, 3));
}
