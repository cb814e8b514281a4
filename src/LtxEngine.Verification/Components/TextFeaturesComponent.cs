using LtxEngine.Checkpoints;
using LtxEngine.Graphs.Text;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>Hidden states to normalised and projected features.</summary>
internal sealed class TextFeaturesComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "text_features";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        HostTensor states = referenceCase.Input("states");
        int stateCount = states.Shape.Extent(0);
        int tokens = states.Shape.Extent(1);
        int width = states.Shape.Extent(2);
        int length = referenceCase.Parameters.GetProperty("padded_length").GetInt32();
        using Checkpoint checkpoint = Checkpoint.Open(referenceCase.Checkpoint);
        using TextFeatureProjection projection = new(checkpoint, width, stateCount, length, GraphThreads.Options(context));
        using TextFeatureAccumulator accumulator = projection.Begin([tokens], CancellationToken.None);
        HostTensor normalised = HostTensor.Zeros(tokens, width * stateCount);
        for (int index = 0; index < stateCount; index++)
        {
            HostTensor state = new(new TensorShape(tokens, width), states.Data.AsSpan(index * tokens * width, tokens * width).ToArray());
            accumulator.Add(0, index, state);
            TextFeatureNormalization.Apply(state.Data, normalised.Data.AsSpan(index), stateCount);
        }

        HostTensor features = accumulator.Finish()[0];

        // The case stores the whole padded row or, where it is long, the valid rows alone.
        if (referenceCase.Outputs.Any(o => string.Equals(o.Name, "features", StringComparison.Ordinal) && o.Shape[0] == length))
        {
            HostTensor padded = HostTensor.Zeros(length, features.Shape[1]);
            features.Data.CopyTo(padded.Data, padded.Data.Length - features.Data.Length);
            features = padded;
        }

        outputs.Add("features", features);
        outputs.Add("normalised", normalised);
    }
}
