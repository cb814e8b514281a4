using LtxEngine.Tensors;

namespace LtxEngine.Kernels;

/// <summary>
/// The operations that a network may ask of a device. Every operation has one formula, one plain reference implementation in the
/// tests, one implementation per device, and one conformance suite that all devices pass.
/// Operations run in the order they are asked for; a device may queue them until <see cref="Synchronize"/> or a download.
/// Results never depend on the number of threads. Operations allocate no managed memory.
/// Operations come from one thread at a time. Allocating, preparing weights, uploading to memory that no operation uses, and disposing
/// may happen on another thread meanwhile: weights are streamed in beside a running network.
/// Unless stated otherwise an output must not overlap an input, and shape errors throw <see cref="ArgumentException"/>
/// before anything is written.
/// </summary>
internal interface IComputeDevice : IDisposable
{
    /// <summary>A short name for people, such as <c>cpu (AVX-512, 16 threads)</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Names what results depend on to the last bit, such as <c>cpu (AVX-512)</c>: a computation goes on with the same result on any device
    /// of the same arithmetic. The number of threads is no part of it.
    /// </summary>
    string Arithmetic => Name;

    /// <summary>Device memory in use by buffers and weights, in bytes.</summary>
    long AllocatedBytes { get; }

    /// <summary>Whether the device multiplies weights where they lie in the memory of the process, such as the pages of a mapped file.</summary>
    bool SharesHostMemory => false;

    /// <summary>Allocates fp32 memory; its content is undefined.</summary>
    /// <param name="length">Number of elements, ≥ 1.</param>
    DeviceBuffer Allocate(long length);

    /// <summary>Copies host values to the device, row by row.</summary>
    /// <param name="source">rows · columns values, row-major.</param>
    /// <param name="destination">Where they go.</param>
    void Upload(ReadOnlySpan<float> source, DeviceMatrix destination);

    /// <summary>Waits for everything asked before, then copies device values to the host, row by row.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="destination">Receives rows · columns values, row-major.</param>
    void Download(DeviceMatrix source, Span<float> destination);

    /// <summary>Waits until everything asked before is done.</summary>
    void Synchronize();

    /// <summary>Copies the row index of each token to the device.</summary>
    /// <param name="rowOfToken">One index ≥ 0 per token.</param>
    DeviceIndices CreateIndices(ReadOnlySpan<int> rowOfToken);

    /// <summary>Brings the table of a rotary embedding into the device's layout.</summary>
    /// <param name="cosines">[tokens, width/2]; split layout: head-major, headDim/2 per head; interleaved: one per pair.</param>
    /// <param name="sines">As <paramref name="cosines"/>.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="width">Width of the rotated rows.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="layout">Where the pairs lie.</param>
    DeviceRotaryTable CreateRotaryTable(ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, int tokens, int width, int heads, RotaryLayout layout);

    /// <summary>Packs the weights of one or more linear layers that share their input; outputs are stacked in the order given.</summary>
    /// <param name="parts">At least one part; equal input width. bf16 weights stay bf16 in memory.</param>
    IDeviceWeight PrepareLinear(ReadOnlySpan<LinearPart> parts);

    /// <summary>
    /// Takes the weights of a linear layer without bias into use where they lie, where <see cref="SharesHostMemory"/> and the type allow it (bf16,
    /// an even number of inputs); else as <see cref="PrepareLinear"/>. Nothing is copied then: one row is multiplied at the speed of the memory,
    /// several rows bring each part of the weights into the kernel's layout while they use it, which costs the less the more they are. A row alone may be
    /// summed in another order than the same row in company.
    /// </summary>
    /// <param name="weight">[outputs, inputs]; its owner must outlive the result.</param>
    IDeviceWeight BindLinear(ITensorData weight);

    /// <summary>Packs the weights of a stride-1 convolution with zero padding of half the kernel on every side.</summary>
    /// <param name="part">The stored convolution.</param>
    IDeviceWeight PrepareConvolution(ConvolutionPart part);

    /// <summary>y = norm(x)·Wᵀ + b with fp32 accumulation, then the epilogue.</summary>
    /// <param name="input">[tokens, InputFeatures].</param>
    /// <param name="weight">From <see cref="PrepareLinear"/> or <see cref="BindLinear"/>.</param>
    /// <param name="output">[tokens, OutputFeatures].</param>
    /// <param name="epilogue">What happens to y.</param>
    /// <param name="norm">
    /// What each row of x is replaced by on its way into the product, with the bits of <see cref="RmsNormModulate"/>: no memory holds the outcome. Null
    /// leaves it.
    /// </param>
    void Linear(DeviceMatrix input, IDeviceWeight weight, DeviceMatrix output, LinearEpilogue epilogue, RmsNorm? norm = null);

    /// <summary>y = x / √(mean(x²) + ε) · (1 + scale) + shift per row; scale 0 and shift 0 when null.</summary>
    /// <param name="input">[tokens, width].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="scale">Per-token scale, or null.</param>
    /// <param name="shift">Per-token shift, or null.</param>
    /// <param name="output">[tokens, width]; may be the input.</param>
    void RmsNormModulate(DeviceMatrix input, float epsilon, RowVectors? scale, RowVectors? shift, DeviceMatrix output);

    /// <summary>y = (x − mean) / √(variance + ε) · (1 + scale) + shift per row, biased variance.</summary>
    /// <param name="input">[tokens, width].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="scale">Per-token scale, or null.</param>
    /// <param name="shift">Per-token shift, or null.</param>
    /// <param name="output">[tokens, width]; may be the input.</param>
    void LayerNormModulate(DeviceMatrix input, float epsilon, RowVectors? scale, RowVectors? shift, DeviceMatrix output);

    /// <summary>
    /// Query/key preparation in place: x ← x / √(mean(x²) + ε) · weight over the whole row (all heads together), then the rotation
    /// (a, b) → (a·cos − b·sin, b·cos + a·sin) of every pair when a table is given.
    /// </summary>
    /// <param name="values">[tokens, width], overwritten.</param>
    /// <param name="weight">[1, width].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="table">
    /// Rotation of equal width, or null for none. It may have fewer tokens: each then serves as many consecutive rows, the heads of a token whose heads are
    /// normalised one by one.
    /// </param>
    void RmsNormRotate(DeviceMatrix values, DeviceMatrix weight, float epsilon, DeviceRotaryTable? table);

    /// <summary>softmax(q·kᵀ·scale)·v per head without a score matrix in memory. Channel = head·headDim + j.</summary>
    /// <param name="query">[queries, heads·headDim].</param>
    /// <param name="key">[keys, keyHeads·headDim], where keyHeads divides heads: head h sees key head ⌊h·keyHeads/heads⌋.</param>
    /// <param name="value">[keys, keyHeads·headDim].</param>
    /// <param name="output">[queries, heads·headDim].</param>
    /// <param name="heads">Number of query heads; headDim is a multiple of 2, 2 … 256.</param>
    /// <param name="scale">Usually 1/√headDim.</param>
    /// <param name="seen">The keys that each query sees, or null for all.</param>
    void Attention(DeviceMatrix query, DeviceMatrix key, DeviceMatrix value, DeviceMatrix output, int heads, float scale, KeyRanges? seen = null);

    /// <summary>residual ← residual + gate ∘ value; gate 1 when null.</summary>
    /// <param name="residual">[tokens, width], updated.</param>
    /// <param name="value">[tokens, width].</param>
    /// <param name="gate">Per-token factor, or null.</param>
    void AddGated(DeviceMatrix residual, DeviceMatrix value, RowVectors? gate);

    /// <summary>output = input ∘ factor, element by element.</summary>
    /// <param name="input">[rows, width].</param>
    /// <param name="factor">[rows, width].</param>
    /// <param name="output">[rows, width]; may be the input or the factor.</param>
    void Multiply(DeviceMatrix input, DeviceMatrix factor, DeviceMatrix output);

    /// <summary>output[r, c] = input[r, c] + row[0, c].</summary>
    /// <param name="input">[rows, width].</param>
    /// <param name="row">[1, width].</param>
    /// <param name="output">[rows, width]; may be the input.</param>
    void AddRow(DeviceMatrix input, DeviceMatrix row, DeviceMatrix output);

    /// <summary>output[r, c] = input[r, c]·scale[0, c] + shift[0, c]: (un)normalisation of latents per channel.</summary>
    /// <param name="input">[rows, width].</param>
    /// <param name="scale">[1, width].</param>
    /// <param name="shift">[1, width].</param>
    /// <param name="output">[rows, width]; may be the input.</param>
    void ScaleShift(DeviceMatrix input, DeviceMatrix scale, DeviceMatrix shift, DeviceMatrix output);

    /// <summary>output = activation(input), element by element.</summary>
    /// <param name="input">[rows, width].</param>
    /// <param name="activation">The function.</param>
    /// <param name="output">[rows, width]; may be the input.</param>
    void Activate(DeviceMatrix input, Activation activation, DeviceMatrix output);

    /// <summary>
    /// output = e4m3fn(clamp(x·(1/scale), ±448))·scale: what an fp8 product sees of its input, kept in fp32. Values are rounded to the nearest,
    /// ties to even; NaN stays NaN.
    /// </summary>
    /// <param name="input">[rows, width].</param>
    /// <param name="scale">A finite, normal number above 0.</param>
    /// <param name="output">[rows, width]; may be the input.</param>
    void RoundToFloat8(DeviceMatrix input, float scale, DeviceMatrix output);

    /// <summary>Copies values within the device.</summary>
    /// <param name="source">[rows, width].</param>
    /// <param name="destination">[rows, width].</param>
    void Copy(DeviceMatrix source, DeviceMatrix destination);

    /// <summary>
    /// Stride-1 cross-correlation with zero padding of half the kernel: a 5-D weight spans frames, rows and columns,
    /// a 4-D weight spans rows and columns of each frame alone.
    /// </summary>
    /// <param name="input">[positions, InputFeatures].</param>
    /// <param name="shape">Extents of the volume.</param>
    /// <param name="weight">From <see cref="PrepareConvolution"/>.</param>
    /// <param name="output">[positions, OutputFeatures].</param>
    void Convolution(DeviceMatrix input, VolumeShape shape, IDeviceWeight weight, DeviceMatrix output);

    /// <summary>
    /// Group normalisation over (channels of the group × all positions), y = (x − mean)/√(variance + ε)·weight + bias,
    /// then + residual when given, then the activation.
    /// </summary>
    /// <param name="input">[positions, channels].</param>
    /// <param name="groups">Number of groups; divides the channels.</param>
    /// <param name="epsilon">ε (PyTorch's default is 1e-5).</param>
    /// <param name="weight">[1, channels].</param>
    /// <param name="bias">[1, channels].</param>
    /// <param name="residual">[positions, channels], or null.</param>
    /// <param name="activation">Applied last.</param>
    /// <param name="output">[positions, channels]; may be the input.</param>
    void GroupNorm(DeviceMatrix input, int groups, float epsilon, DeviceMatrix weight, DeviceMatrix bias, DeviceMatrix? residual, Activation activation, DeviceMatrix output);

    /// <summary>
    /// Pixel shuffle of every frame: out[c, y·r + p, x·r + q] = in[c·r² + p·r + q, y, x] for factor r.
    /// </summary>
    /// <param name="input">[positions, channels·r²].</param>
    /// <param name="shape">Extents before.</param>
    /// <param name="factor">r ≥ 1.</param>
    /// <param name="output">[positions·r², channels].</param>
    void PixelShuffle(DeviceMatrix input, VolumeShape shape, int factor, DeviceMatrix output);

    /// <summary>Frame shuffle: out[c, 2·f + p] = in[2·c + p, f], then the first output frame is dropped: 2·frames − 1 remain.</summary>
    /// <param name="input">[positions, channels·2].</param>
    /// <param name="shape">Extents before.</param>
    /// <param name="output">[(2·frames − 1)·height·width, channels].</param>
    void FrameShuffle(DeviceMatrix input, VolumeShape shape, DeviceMatrix output);

    /// <summary>
    /// The same k×k kernel applied to every channel of every frame, zero padding k/2, given stride:
    /// output extents are ⌈height/stride⌉ × ⌈width/stride⌉.
    /// </summary>
    /// <param name="input">[positions, channels].</param>
    /// <param name="shape">Extents before.</param>
    /// <param name="kernel">k·k values, row-major, k odd.</param>
    /// <param name="stride">≥ 1.</param>
    /// <param name="output">[output positions, channels].</param>
    void BlurDown(DeviceMatrix input, VolumeShape shape, ReadOnlySpan<float> kernel, int stride, DeviceMatrix output);
}
