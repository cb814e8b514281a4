using System.Text.Json;
using LtxEngine.Checkpoints.Lora;
using LtxEngine.Checkpoints.Quantization;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>What a LoRA file changes, and the arithmetic of adding LoRAs to weights.</summary>
internal sealed class LoraComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "lora";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        switch (referenceCase.Operation)
        {
            case "file_targets":
                ListTargets(referenceCase, outputs);
                break;
            case "fuse":
            case "fuse_alpha":
                Fuse(referenceCase, outputs);
                break;
            case "fuse_fp8_scaled":
                FuseFloat8(referenceCase, outputs);
                break;
            case "apply_unmerged":
                ApplyUnmerged(referenceCase, outputs);
                break;
            default:
                throw new UnknownOperationException(Component, referenceCase.Operation);
        }
    }

    private static void ListTargets(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        Dictionary<string, object> files = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in referenceCase.Parameters.GetProperty("files").EnumerateObject())
        {
            using LoraFile file = LoraFile.Open(Path.Combine(referenceCase.Root, entry.Value.GetString()!));
            files.Add(entry.Name, new { targets = file.TransformerTargets.Count(), ignored_keys = file.IgnoredKeys.Count });
        }

        outputs.SetExpected(files);
    }

    private static void Fuse(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        HostTensor weight = referenceCase.Input("weight");
        IReadOnlyList<(LoraTarget Target, float Strength)> targets = Targets(referenceCase);
        if (referenceCase.Wants("fused_fp32"))
        {
            float[] fused = [.. weight.Data];
            foreach ((LoraTarget target, float strength) in targets)
            {
                LoraFusion.Add(fused, target, strength);
            }

            outputs.Add("fused_fp32", weight.Shape, fused);
        }

        if (referenceCase.Wants("fused_bf16_steps"))
        {
            float[] fused = [.. weight.Data];
            LoraFusion.AddInBFloat16Steps(fused, targets);
            outputs.Add("fused_bf16_steps", weight.Shape, fused);
        }
    }

    private static void FuseFloat8(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        TensorShape shape = referenceCase.Input("weight_bytes").Shape;
        byte[] codes = [.. referenceCase.IntegerInput("weight_bytes").Select(code => (byte)code)];
        float scale = LoraFusion.AddToScaledFloat8(codes, referenceCase.Input("weight_scale").Data[0], Targets(referenceCase));
        float[] dequantised = new float[codes.Length];
        Float8Quantizer.Dequantize(codes, scale, dequantised);
        outputs.AddIntegers("weight_bytes_out", shape, [.. codes.Select(code => (long)code)]);
        outputs.Add("weight_scale_out", new TensorShape(), [scale]);
        outputs.Add("dequantised", shape, dequantised);
    }

    private static void ApplyUnmerged(ReferenceCase referenceCase, CaseOutputs outputs)
    {
        HostTensor weight = referenceCase.Input("weight");
        HostTensor x = referenceCase.Input("x");
        int rows = checked((int)(x.Shape.ElementCount / weight.Shape[1]));
        float[] y = LinearProduct.Compute(x.Data, rows, weight);
        foreach ((LoraTarget target, float strength) in Targets(referenceCase))
        {
            float[] low = LinearProduct.Compute(x.Data, rows, (HostTensorData)target.Down);
            float[] change = LinearProduct.Compute(low, rows, (HostTensorData)target.Up);
            for (int i = 0; i < y.Length; i++)
            {
                y[i] += strength * target.Scale * change[i];
            }
        }

        outputs.Add("y", new TensorShape([.. x.Shape.Dimensions[..^1], weight.Shape[0]]), y);
    }

    private static List<(LoraTarget Target, float Strength)> Targets(ReferenceCase referenceCase)
    {
        float[] strengths = [.. referenceCase.Parameters.GetProperty("strengths").EnumerateArray().Select(value => value.GetSingle())];
        float[] alphas = referenceCase.Parameters.TryGetProperty("alpha", out JsonElement stated) && stated.ValueKind == JsonValueKind.Array
            ? [.. stated.EnumerateArray().Select(value => value.GetSingle())]
            : [];
        List<(LoraTarget, float)> targets = [];
        for (int i = 0; i < strengths.Length; i++)
        {
            HostTensorData down = new(referenceCase.Input($"lora_a_{i}"));
            HostTensorData up = new(referenceCase.Input($"lora_b_{i}"));
            targets.Add((new LoraTarget(LoraScope.Transformer, $"lora_{i}", down, up, i < alphas.Length ? alphas[i] : null), strengths[i]));
        }

        return targets;
    }
}
