using System.Text.Json;
using LtxEngine.Graphs.Audio;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>From sound to the log-mel spectrogram.</summary>
internal sealed class MelComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "mel";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        if (referenceCase.Operation is not null)
        {
            throw new UnknownOperationException(Component, referenceCase.Operation);
        }

        JsonElement parameters = referenceCase.Parameters;
        int targetRate = parameters.GetProperty("target_rate").GetInt32();
        LogMelFrontEnd frontEnd = new(
            targetRate,
            parameters.GetProperty("n_fft").GetInt32(),
            parameters.GetProperty("hop").GetInt32(),
            parameters.GetProperty("mel_bins").GetInt32(),
            minimumFrequency: 0,
            maximumFrequency: targetRate / 2.0);
        HostTensor resampled = frontEnd.Resample(referenceCase.Input("waveform"), parameters.GetProperty("sample_rate").GetInt32());
        outputs.Add("resampled", resampled);
        outputs.Add("mel", frontEnd.Compute(resampled));
        outputs.Add("filters", frontEnd.Filters);
    }
}
