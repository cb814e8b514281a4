using System.Text.Json;
using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Latents;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Conditioning items and the noising of the initial state.</summary>
internal sealed class ConditioningComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "conditioning";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        JsonElement parameters = referenceCase.Parameters;
        HostTensor noise = referenceCase.Input("noise");
        VideoLatentShape shape = VideoLatentShape.FromClip(
            noise.Shape.Extent(noise.Shape.Rank - 1),
            parameters.GetProperty("frames").GetInt32(),
            parameters.GetProperty("height").GetInt32(),
            parameters.GetProperty("width").GetInt32());
        IConditioningItem[] items = [.. parameters.GetProperty("conditionings").EnumerateArray().Select(item => ReadItem(item, referenceCase))];
        LatentState state = InitialStates.CreateVideo(
            shape,
            parameters.GetProperty("fps").GetDouble(),
            items,
            referenceCase.HasInput("initial_latent") ? referenceCase.Input("initial_latent").Data : [],
            PositionsComponent.ReadPrecision(parameters, Component));

        TensorShape tokens = new(1, state.TokenCount, state.Channels);
        outputs.Add("latent", tokens, state.Latent);
        outputs.Add("clean", tokens, state.CleanLatent);
        outputs.Add("mask", new TensorShape(1, state.TokenCount, 1), state.DenoiseMask);
        outputs.Add("positions", new TensorShape(1, state.PositionAxes, state.TokenCount, 2), state.Positions);
        InitialStates.AddNoise(state, noise.Data, parameters.OptionalDouble("noise_scale", 1));
        outputs.Add("noised", tokens, state.Latent);
    }

    /// <summary>Builds the item that a case describes; its latent has the shape <c>[1, channels, frames, height, width]</c>.</summary>
    private IConditioningItem ReadItem(JsonElement item, ReferenceCase referenceCase)
    {
        HostTensor values = referenceCase.Input(item.GetProperty("latent").GetString()!);
        ConditioningLatent latent = new(values.Data, values.Shape.Extent(2));
        double strength = item.GetProperty("strength").GetDouble();
        return item.GetProperty("kind").GetString() switch
        {
            "replace" => new ReplaceLatent(latent, item.GetProperty("latent_index").GetInt32(), strength),
            "keyframe" => new KeyframeTokens(latent, item.GetProperty("pixel_frame").GetInt32(), strength, ReadTimeExtent(item)),
            string other => throw new UnknownOperationException(Component, other),
            null => throw new UnknownOperationException(Component, null),
        };
    }

    private KeyframeTimeExtent ReadTimeExtent(JsonElement item) => item.OptionalString("time_extent") switch
    {
        null or "one_frame" => KeyframeTimeExtent.OneFrame,
        "eight_frames" => KeyframeTimeExtent.EightFrames,
        string other => throw new UnknownOperationException(Component, other),
    };
}
