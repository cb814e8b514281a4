using LtxEngine.Kernels;
using LtxEngine.Networks.Weights;

namespace LtxEngine.Networks;

/// <summary>
/// A device's operations as networks ask for them: the token is looked at before each, and products and attentions beyond
/// <see cref="NetworkLimits.MaxOperationFlops"/> are asked in pieces of rows.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="limits">How long one operation may be.</param>
/// <param name="scratch">Memory for products with a <see cref="RoundedInputWeight"/> or an <see cref="AppliedWeight"/>; may be null where there is none.</param>
/// <param name="cancellationToken">Looked at before each operation.</param>
internal readonly struct DeviceOperations(IComputeDevice device, NetworkLimits limits, ProductScratch? scratch, CancellationToken cancellationToken)
{
    /// <summary>The device, after a look at the token.</summary>
    public IComputeDevice Device
    {
        get
        {
            cancellationToken.ThrowIfCancellationRequested();
            return device;
        }
    }

    /// <summary>The token.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Rows of a product that fit one operation.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="weight">The weight.</param>
    public int RowsPerProduct(int rows, IDeviceWeight weight) =>
        limits.RowsPerOperation(rows, 2.0 * weight.InputFeatures * weight.OutputFeatures);

    /// <summary>output = activation(x·Wᵀ + b).</summary>
    /// <param name="input">[rows, inputs].</param>
    /// <param name="weight">The weight.</param>
    /// <param name="output">[rows, outputs].</param>
    /// <param name="activation">The activation.</param>
    public void Linear(DeviceMatrix input, IDeviceWeight weight, DeviceMatrix output, Activation activation = Activation.None)
    {
        if (weight is RoundedInputWeight rounded)
        {
            LinearOfRounded(input, rounded, output, activation);
        }
        else if (weight is AppliedWeight applied)
        {
            LinearWithChanges(input, applied, output, activation);
        }
        else
        {
            LinearInPieces(input, weight, output, LinearEpilogue.Activate(activation), null);
        }
    }

    /// <summary>
    /// output = activation(norm(x)·Wᵀ + b). The product normalises its rows itself where the weight is of no special kind; else they are normalised first.
    /// </summary>
    /// <param name="input">[rows, inputs].</param>
    /// <param name="norm">The norm.</param>
    /// <param name="normalised">[rows, inputs]: memory for the normalised rows, where it is needed.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="output">[rows, outputs].</param>
    /// <param name="activation">The activation.</param>
    public void NormLinear(
        DeviceMatrix input,
        RmsNorm norm,
        DeviceMatrix normalised,
        IDeviceWeight weight,
        DeviceMatrix output,
        Activation activation = Activation.None)
    {
        if (IsSpecial(weight))
        {
            Device.RmsNormModulate(input, norm.Epsilon, norm.Scale, norm.Shift, normalised);
            Linear(normalised, weight, output, activation);
            return;
        }

        LinearInPieces(input, weight, output, LinearEpilogue.Activate(activation), norm);
    }

    /// <summary>
    /// residual ← residual + gate ∘ (x·Wᵀ + b). In the product itself when nobody looks at it and the weight is of no special kind; else the product
    /// is stored in <paramref name="product"/> first.
    /// </summary>
    /// <param name="input">[rows, inputs].</param>
    /// <param name="weight">The weight.</param>
    /// <param name="residual">[rows, outputs], updated.</param>
    /// <param name="gate">The gate, or null for 1.</param>
    /// <param name="product">[rows, outputs]; overlaps neither input nor residual.</param>
    /// <param name="storesProduct">Whether somebody wants to see the product.</param>
    public void LinearAdd(
        DeviceMatrix input,
        IDeviceWeight weight,
        DeviceMatrix residual,
        RowVectors? gate,
        DeviceMatrix product,
        bool storesProduct)
    {
        if (!storesProduct && !IsSpecial(weight))
        {
            LinearInPieces(input, weight, residual, LinearEpilogue.AddTo(gate), null);
            return;
        }

        Linear(input, weight, product);
        Device.AddGated(residual, product, gate);
    }

    private static bool IsSpecial(IDeviceWeight weight) => weight is RoundedInputWeight or AppliedWeight;

    private void LinearInPieces(DeviceMatrix input, IDeviceWeight weight, DeviceMatrix output, LinearEpilogue epilogue, RmsNorm? norm)
    {
        int step = RowsPerProduct(input.Rows, weight);
        for (int first = 0; first < input.Rows; first += step)
        {
            int count = Math.Min(step, input.Rows - first);
            Device.Linear(
                input.RowRange(first, count),
                weight,
                output.RowRange(first, count),
                epilogue with { Gate = epilogue.Gate?.TokenRange(first, count) },
                norm?.RowRange(first, count));
        }
    }

    private void LinearOfRounded(DeviceMatrix input, RoundedInputWeight weight, DeviceMatrix output, Activation activation)
    {
        int firstColumn = 0;
        for (int i = 0; i < weight.Parts.Count; i++)
        {
            (IDeviceWeight part, float? inputScale) = weight.Parts[i];
            DeviceMatrix seen = input;
            if (inputScale is { } scale)
            {
                seen = scratch!.RoundedInput!.AsMatrix(input.Rows, input.Columns);
                Device.RoundToFloat8(input, scale, seen);
            }

            Linear(seen, part, output.ColumnRange(firstColumn, part.OutputFeatures), activation);
            firstColumn += part.OutputFeatures;
        }
    }

    private void LinearWithChanges(DeviceMatrix input, AppliedWeight weight, DeviceMatrix output, Activation activation)
    {
        Linear(input, weight.Whole, output);
        for (int i = 0; i < weight.Changes.Count; i++)
        {
            AppliedWeight.Change change = weight.Changes[i];
            DeviceMatrix low = scratch!.LowRank!.AsMatrix(input.Rows, change.Down.OutputFeatures);
            Linear(input, change.Down, low);
            DeviceMatrix changed = output.ColumnRange(change.FirstOutput, change.Up.OutputFeatures);
            int step = RowsPerProduct(input.Rows, change.Up);
            for (int first = 0; first < input.Rows; first += step)
            {
                int count = Math.Min(step, input.Rows - first);
                Device.Linear(low.RowRange(first, count), change.Up, changed.RowRange(first, count), LinearEpilogue.AddTo(gate: null));
            }
        }

        if (activation != Activation.None)
        {
            Device.Activate(output, activation, output);
        }
    }

    /// <summary>softmax(q·kᵀ/√headDim)·v per head.</summary>
    /// <param name="query">[queries, width].</param>
    /// <param name="key">[keys, width].</param>
    /// <param name="value">[keys, width].</param>
    /// <param name="output">[queries, width].</param>
    /// <param name="heads">Number of heads.</param>
    public void Attention(DeviceMatrix query, DeviceMatrix key, DeviceMatrix value, DeviceMatrix output, int heads)
    {
        float scale = (float)(1 / Math.Sqrt(query.Columns / heads));
        int step = limits.RowsPerOperation(query.Rows, 4.0 * key.Rows * query.Columns);
        for (int first = 0; first < query.Rows; first += step)
        {
            int count = Math.Min(step, query.Rows - first);
            Device.Attention(query.RowRange(first, count), key, value, output.RowRange(first, count), heads, scale);
        }
    }
}
