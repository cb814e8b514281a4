using LtxEngine.Checkpoints.Quantization;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>The arithmetic of quantised weights: fp8 with one scale, NVFP4.</summary>
internal sealed class QuantizedComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "quantized";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        switch (referenceCase.Operation)
        {
            case "decode_e2m1":
                outputs.Add("values", referenceCase.Input("codes").Shape, [.. referenceCase.IntegerInput("codes").Select(code => TensorConversion.Float4E2M1ToFloat32((int)code))]);
                break;
            case "decode_e4m3fn":
                DecodeFloat8(referenceCase, outputs);
                break;
            case "encode_e4m3fn":
                HostTensor x = referenceCase.Input("x");
                byte[] codes = new byte[x.Data.Length];
                TensorConversion.Float32ToFloat8E4M3(x.Data, codes);
                AddBytes(outputs, "bytes", x.Shape, codes);
                break;
            case "linear_fp8_weight_only":
            case "linear_fp8_input_quantised":
                Linear(referenceCase, outputs, string.Equals(referenceCase.Operation, "linear_fp8_input_quantised", StringComparison.Ordinal));
                break;
            case "quantise_fp8_per_tensor":
                HostTensor weight = referenceCase.Input("weight");
                byte[] quantised = new byte[weight.Data.Length];
                float scale = Float8Quantizer.QuantizeWeight(weight.Data, quantised);
                AddBytes(outputs, "weight_bytes", weight.Shape, quantised);
                outputs.Add("weight_scale", new TensorShape(), [scale]);
                break;
            case "dequantise_nvfp4":
                DequantiseNvfp4(referenceCase, outputs);
                break;
            case "quantise_nvfp4":
                QuantiseNvfp4(referenceCase, outputs);
                break;
            default:
                throw new UnknownOperationException(Component, referenceCase.Operation);
        }
    }

    private static void DecodeFloat8(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        byte[] codes = Bytes(referenceCase, "bytes");
        float[] values = new float[codes.Length];
        TensorConversion.Float8E4M3ToFloat32(codes, values);
        outputs.SetExpected(new { nan_bytes = codes.Where((_, i) => float.IsNaN(values[i])).Select(code => (int)code) });

        // The case stores 0 where a value is NaN.
        outputs.Add("values", referenceCase.Input("bytes").Shape, [.. values.Select(value => float.IsNaN(value) ? 0 : value)]);
    }

    private static void Linear(ReferenceCase referenceCase, CaseOutputs outputs, bool isInputQuantised)
    {
        byte[] codes = Bytes(referenceCase, "weight_bytes");
        TensorShape shape = referenceCase.Input("weight_bytes").Shape;
        float weightScale = referenceCase.Input("weight_scale").Data[0];
        HostTensor x = referenceCase.Input("x");
        float[] bias = referenceCase.Input("bias").Data;
        float[] weight = new float[codes.Length];
        float[] input = x.Data;
        float outputScale = 1;
        if (isInputQuantised)
        {
            float inputScale = referenceCase.Input("input_scale").Data[0];
            byte[] inputCodes = new byte[input.Length];
            Float8Quantizer.QuantizeInput(input, inputScale, inputCodes);
            AddBytes(outputs, "x_bytes", x.Shape, inputCodes);
            input = new float[inputCodes.Length];
            TensorConversion.Float8E4M3ToFloat32(inputCodes, input);
            TensorConversion.Float8E4M3ToFloat32(codes, weight);
            outputScale = inputScale * weightScale;
        }
        else
        {
            Float8Quantizer.Dequantize(codes, weightScale, weight);
            float[] rounded = [.. weight];
            TensorConversion.RoundToBFloat16(rounded);
            outputs.Add("weight", shape, weight);
            outputs.Add("weight_bf16", shape, rounded);
        }

        int rows = checked((int)(x.Shape.ElementCount / shape[1]));
        float[] y = LinearProduct.Compute(input, rows, new HostTensor(shape, weight));
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = (y[i] * outputScale) + bias[i % bias.Length];
        }

        outputs.Add("y", new TensorShape([.. x.Shape.Dimensions[..^1], shape[0]]), y);
    }

    private static void DequantiseNvfp4(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        (int outputFeatures, int inputFeatures) = Features(referenceCase);
        byte[] scales = Bytes(referenceCase, "weight_scale_bytes");
        float[] blockScales = new float[outputFeatures * (inputFeatures / Nvfp4.BlockSize)];
        float[] weight = new float[outputFeatures * inputFeatures];
        Nvfp4.UntileScales(scales, outputFeatures, inputFeatures, blockScales);
        Nvfp4.Dequantize(
            Bytes(referenceCase, "weight_bytes"), scales, referenceCase.Input("weight_scale_2").Data[0], outputFeatures, inputFeatures, firstRow: 0, weight);
        outputs.Add("block_scales", new TensorShape(outputFeatures, inputFeatures / Nvfp4.BlockSize), blockScales);
        outputs.Add("weight", new TensorShape(outputFeatures, inputFeatures), weight);
    }

    private static void QuantiseNvfp4(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        (int outputFeatures, int inputFeatures) = Features(referenceCase);
        byte[] packed = new byte[outputFeatures * inputFeatures / 2];
        byte[] scales = new byte[Nvfp4.PaddedRows(outputFeatures) * Nvfp4.PaddedColumns(inputFeatures)];
        float globalScale = Nvfp4.Quantize(referenceCase.Input("weight").Data, outputFeatures, inputFeatures, packed, scales);
        AddBytes(outputs, "weight_bytes", new TensorShape(outputFeatures, inputFeatures / 2), packed);
        AddBytes(outputs, "weight_scale_bytes", new TensorShape(Nvfp4.PaddedRows(outputFeatures), Nvfp4.PaddedColumns(inputFeatures)), scales);
        outputs.Add("weight_scale_2", new TensorShape(), [globalScale]);
    }

    private static (int Output, int Input) Features(ReferenceCase referenceCase) =>
        (referenceCase.Parameters.GetProperty("out_features").GetInt32(), referenceCase.Parameters.GetProperty("in_features").GetInt32());

    private static byte[] Bytes(ReferenceCase referenceCase, string name) => [.. referenceCase.IntegerInput(name).Select(value => (byte)value)];

    private static void AddBytes(CaseOutputs outputs, string name, TensorShape shape, byte[] bytes) =>
        outputs.AddIntegers(name, shape, [.. bytes.Select(value => (long)value)]);
}
