using System.Text.Json;
using LtxEngine.Checkpoints;
using LtxEngine.Networks.Transformer;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>One forward pass of the audio-video transformer; a batch is run sample by sample.</summary>
internal sealed class TransformerComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "transformer";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        if (referenceCase.Operation is not null)
        {
            throw new UnknownOperationException(Component, referenceCase.Operation);
        }

        JsonElement parameters = referenceCase.Parameters;
        bool videoOnly = parameters.OptionalString("model") switch
        {
            null or "audio_video" => false,
            "video_only" => true,
            string other => throw new UnknownOperationException(Component, "model " + other),
        };
        TransformerOptions options = new() { VideoOnly = videoOnly, QuantiseInputs = QuantiseInputs(parameters) };
        using SafetensorsFile file = SafetensorsFile.Open(referenceCase.Checkpoint);
        using LoraSet loras = LoraSet.Open(referenceCase.Root, parameters);
        using AudioVideoTransformer transformer = AudioVideoTransformer.Load(file, context.Device, options, loras.Deltas);
        SampleResults results = new();
        int batch = referenceCase.Input("video_latent").Shape.Extent(0);
        for (int sample = 0; sample < batch; sample++)
        {
            RunSample(referenceCase, transformer, sample, batch, results);
        }

        foreach (ExpectedOutput expected in referenceCase.Outputs)
        {
            if (results.Find(expected) is { } tensor)
            {
                outputs.Add(expected.Name, tensor);
            }
        }
    }

    private static void RunSample(ReferenceCase referenceCase, AudioVideoTransformer transformer, int sample, int batch, SampleResults results)
    {
        JsonElement parameters = referenceCase.Parameters;
        float[] videoLatent = Sample(referenceCase, "video_latent", sample, batch);
        float[] videoTimesteps = Sample(referenceCase, "video_timesteps", sample, batch);
        float[] audioLatent = Sample(referenceCase, "audio_latent", sample, batch);
        float[] audioTimesteps = Sample(referenceCase, "audio_timesteps", sample, batch);
        bool hasAudio = transformer.Structure.Audio is not null && audioTimesteps.Length > 0;
        CaseProbe probe = new(referenceCase);
        CaseProbe? wanted = probe.IsNeeded("video_velocity", "audio_velocity", "video_x0", "audio_x0") ? probe : null;
        using TextConditioning text = transformer.PrepareText(
            Sample(referenceCase, "video_context", sample, batch), hasAudio ? Sample(referenceCase, "audio_context", sample, batch) : [], wanted);
        using TransformerWorkspace workspace = transformer.CreateWorkspace(
            videoTimesteps.Length,
            Sample(referenceCase, "video_positions", sample, batch),
            hasAudio ? audioTimesteps.Length : 0,
            hasAudio ? Sample(referenceCase, "audio_positions", sample, batch) : []);
        JsonElement enabled = parameters.TryGetProperty("enabled", out JsonElement given) ? given : default;
        TransformerInputs inputs = new()
        {
            VideoLatent = videoLatent,
            VideoTimesteps = videoTimesteps,
            AudioLatent = hasAudio ? audioLatent : [],
            AudioTimesteps = hasAudio ? audioTimesteps : [],
            Text = text,
            Perturbations = Perturbations(parameters, sample),
            VideoEnabled = enabled.ValueKind != JsonValueKind.Object || enabled.OptionalBoolean("video", true),
            AudioEnabled = enabled.ValueKind != JsonValueKind.Object || enabled.OptionalBoolean("audio", true),
            Probe = wanted,
        };
        float[] video = new float[workspace.VideoTokens * transformer.Structure.Video.OutChannels];
        float[] audio = new float[workspace.AudioTokens * (transformer.Structure.Audio?.OutChannels ?? 0)];
        transformer.Forward(workspace, inputs, video, audio);
        if (inputs.VideoEnabled)
        {
            results.Add("video_velocity", video, videoTimesteps.Length);
            results.Add("video_x0", Denoised(videoLatent, video, videoTimesteps), videoTimesteps.Length);
        }

        if (hasAudio && inputs.AudioEnabled)
        {
            results.Add("audio_velocity", audio, audioTimesteps.Length);
            results.Add("audio_x0", Denoised(audioLatent, audio, audioTimesteps), audioTimesteps.Length);
        }

        foreach ((string name, (float[] values, int rows, _)) in probe.Recorded)
        {
            float[] timesteps = name.StartsWith("audio_", StringComparison.Ordinal) || name.Contains("_ca_audio_", StringComparison.Ordinal) || name.Contains("_v2a_gate", StringComparison.Ordinal)
                ? audioTimesteps
                : videoTimesteps;
            bool perTimestep = name.Contains("adaln_single", StringComparison.Ordinal);
            results.Add(name, values, rows, perTimestep ? timesteps : null);
        }
    }

    private static float[] Denoised(float[] latent, float[] velocity, float[] timesteps)
    {
        float[] denoised = new float[velocity.Length];
        VelocityConversion.ToDenoised(latent, velocity, timesteps, denoised);
        return denoised;
    }

    private static float[] Sample(ReferenceCase referenceCase, string name, int sample, int batch)
    {
        if (!referenceCase.HasInput(name))
        {
            return [];
        }

        HostTensor whole = referenceCase.Input(name);
        if (whole.Shape[0] == 1 || whole.Shape[0] != batch)
        {
            return whole.Data;
        }

        int length = whole.Data.Length / batch;
        return whole.Data.AsSpan(sample * length, length).ToArray();
    }

    private static TransformerPerturbations Perturbations(JsonElement parameters, int sample)
    {
        if (!parameters.TryGetProperty("perturbations", out JsonElement samples) || samples.ValueKind != JsonValueKind.Array || sample >= samples.GetArrayLength())
        {
            return TransformerPerturbations.None;
        }

        TransformerPerturbations result = new()
        {
            SelfAttention = parameters.OptionalString("stg_mode") switch
            {
                null or "residual_skip" => SelfAttentionPerturbation.ResidualSkip,
                "value_passthrough" => SelfAttentionPerturbation.ValuePassThrough,
                string other => throw new FormatException($"parameters.stg_mode is '{other}'; residual_skip or value_passthrough is allowed."),
            },
        };
        foreach (JsonElement perturbation in samples[sample].EnumerateArray())
        {
            JsonElement list = perturbation.GetProperty("blocks");
            BlockSet blocks = list.ValueKind == JsonValueKind.Null ? BlockSet.All : BlockSet.Of([.. list.EnumerateArray().Select(b => b.GetInt32())]);
            result = perturbation.GetProperty("type").GetString() switch
            {
                "skip_video_self_attn" => result with { PerturbVideoSelfAttention = result.PerturbVideoSelfAttention.Union(blocks) },
                "skip_audio_self_attn" => result with { PerturbAudioSelfAttention = result.PerturbAudioSelfAttention.Union(blocks) },
                "skip_a2v_cross_attn" => result with { SkipAudioToVideo = result.SkipAudioToVideo.Union(blocks) },
                "skip_v2a_cross_attn" => result with { SkipVideoToAudio = result.SkipVideoToAudio.Union(blocks) },
                string other => throw new FormatException($"parameters.perturbations has the unknown type '{other}'."),
                null => throw new FormatException("parameters.perturbations has a type of null."),
            };
        }

        return result;
    }

    private static bool QuantiseInputs(JsonElement parameters) => parameters.OptionalString("quantisation") switch
    {
        null or "fp8_weight_only" or "nvfp4_weight_only" => false,
        "fp8_input_quantised" => true,
        string other => throw new NotSupportedException($"Products in the form '{other}' are not known."),
    };
}
