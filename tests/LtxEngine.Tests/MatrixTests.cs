using System.Reflection;
using LtxEngine.Diffusion.Conditioning;
using LtxEngine.Diffusion.Guidance;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Diffusion.Schedules;
using LtxEngine.Testing;

namespace LtxEngine.Tests;

/// <summary>
/// The fields of a request together: every two values of the main fields meet in one clip, and every value of every other enumeration
/// is used. The files are looked at with ffprobe.
/// </summary>
public sealed class MatrixTests(DemoPipeline demo) : IClassFixture<DemoPipeline>, IDisposable
{
    private static readonly ImageSource Balloon = ImageSource.FromFile(Path.Combine(RepositoryPaths.DemoModel, "examples", "balloon.png"));

    private static readonly VideoOutputType[] OutputTypes = Enum.GetValues<VideoOutputType>();

    private static readonly AccelerationLevel[] Accelerations = Enum.GetValues<AccelerationLevel>();

    private static readonly IReadOnlyList<int[]> Rows = PairwiseRows.Create(2, 2, 2, 2, OutputTypes.Length, Accelerations.Length);

    private readonly string _folder = Directory.CreateTempSubdirectory("ltx-matrix-").FullName;

    /// <summary>Number of the row, for the runner.</summary>
    public static TheoryData<int> RowNumbers => [.. Enumerable.Range(0, Rows.Count)];

    [Fact]
    public void Every_value_of_every_enumeration_is_used()
    {
        GenerationRequest[] requests = [.. Rows.Select((_, row) => Request(row, "lora.safetensors"))];

        Assert.InRange(requests.Length, 16, 32);
        PropertyInfo[] fields = [.. typeof(GenerationRequest).GetProperties().Where(field => EnumerationOf(field) is not null)];
        Assert.InRange(fields.Length, 10, 20);
        foreach (PropertyInfo field in fields)
        {
            // How LoRAs are computed shows in requests that have some.
            IEnumerable<GenerationRequest> counted = field.Name.StartsWith("Lora", StringComparison.Ordinal) ? requests.Where(r => r.Loras.Count > 0) : requests;
            Assert.Equal(
                Enum.GetValues(EnumerationOf(field)!).Cast<object>(),
                counted.Select(r => field.GetValue(r)).OfType<object>().Distinct().Order());
        }

        Assert.Equal(GuidanceParameters.PresetNames.Order(), requests.Select(r => r.GuidancePreset).OfType<string>().Distinct().Order());
        Assert.Equal(4, requests.Select(r => r.Sampler?.GetType()).Distinct().Count());

        static Type? EnumerationOf(PropertyInfo field)
        {
            Type type = Nullable.GetUnderlyingType(field.PropertyType) ?? field.PropertyType;
            return type.IsEnum ? type : null;
        }
    }

    [Fact]
    public void Every_two_values_of_the_main_fields_meet()
    {
        GenerationRequest[] requests = [.. Rows.Select((_, row) => Request(row, "lora.safetensors"))];
        (string Name, Func<GenerationRequest, object> Value, object[] Values)[] main =
        [
            ("two-stage", r => r.UseMultiscale, [false, true]),
            ("end image", r => r.EndImage is not null, [false, true]),
            ("LoRA", r => r.Loras.Count > 0, [false, true]),
            ("audio", r => r.GenerateAudio, [false, true]),
            ("output type", r => r.VideoOutputType!.Value, [.. Enum.GetValues<VideoOutputType>()]),
            ("acceleration", r => r.Acceleration, [.. Enum.GetValues<AccelerationLevel>()]),
        ];
        for (int i = 0; i < main.Length; i++)
        {
            for (int j = i + 1; j < main.Length; j++)
            {
                foreach ((object first, object second) in main[i].Values.SelectMany(first => main[j].Values.Select(second => (first, second))))
                {
                    Assert.True(
                        Array.Exists(requests, r => main[i].Value(r).Equals(first) && main[j].Value(r).Equals(second)),
                        $"{main[i].Name} {first} with {main[j].Name} {second}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(RowNumbers))]
    public async Task A_clip_of_this_row_is_what_was_asked_for(int row)
    {
        string lora = Path.Combine(_folder, "lora.safetensors");
        DemoFolder.WriteLora(lora, 0.02f);
        GenerationRequest request = Request(row, lora);
        (string extension, string codec, string? audioCodec) = request.VideoOutputType switch
        {
            VideoOutputType.X264 => (".mp4", "h264", "aac"),
            VideoOutputType.Vp9 => (".webm", "vp9", "opus"),
            VideoOutputType.ProRes4444 => (".mov", "prores", "pcm_s16le"),
            _ => (".gif", "gif", (string?)null),
        };

        SavedVideo saved = await demo.Pipeline.GenerateToFileAsync(request, Path.Combine(_folder, "clip" + extension));

        VideoFacts facts = await VideoFacts.ReadAsync(saved.Path!);
        Assert.Equal(
            new VideoFacts(codec, 100, 64, 12, "10/1", facts.Seconds, request.GenerateAudio ? audioCodec : null),
            facts);
        Assert.InRange(facts.Seconds, 1.19, 1.3);
        Assert.Equal((100, 64, 12, facts.AudioCodec is not null), (saved.Width, saved.Height, saved.NumFrames, saved.HasAudio));
        Assert.Equal(new FileInfo(saved.Path!).Length, saved.FileSize);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The main fields by the row's values, the others in turn.</summary>
    private static GenerationRequest Request(int row, string lora)
    {
        int[] values = Rows[row];
        bool hasLora = values[2] == 1;
        string? preset = row % 4 == 0 ? null : GuidanceParameters.PresetNames[row % GuidanceParameters.PresetNames.Count];
        return new GenerationRequest
        {
            Prompt = "a white boat sails on the blue sea",
            Image = DemoPipeline.Boat,
            Width = 100,
            Height = 64,
            NumFrames = 12,
            Fps = 10,
            NumInferenceSteps = 6,
            Seed = row,
            UseMultiscale = values[0] == 1,
            EndImage = values[1] == 1 ? Balloon : null,
            Loras = hasLora ? [new LoraUse(lora)] : [],
            GenerateAudio = values[3] == 1,
            VideoOutputType = OutputTypes[values[4]],
            Acceleration = Accelerations[values[5]],
            VideoQuality = Turn<VideoQuality>(row),
            VideoWriteMode = Turn<VideoWriteMode>(row),
            InterpolationDirection = Turn<InterpolationDirection>(row / 2),
            KeyframeTimeExtent = Turn<KeyframeTimeExtent>(row / 3),
            LoraMode = Turn<LoraMode>(row / 2),
            LoraRounding = Turn<LoraRounding>(row / 3),
            GuidancePreset = preset,
            StgScale = preset == "distilled" ? null : 0.5,
            StgMode = preset == "distilled" ? null : Turn<StgMode>(row),
            CfgVariant = preset == "distilled" ? null : Turn<CfgVariant>(row / 2),
            SigmaSchedule = row % 3 == 1 ? new LtxSigmaSchedule() : null,
            Sampler = (row % 5) switch
            {
                1 => new EulerSampler(),
                2 => new GradientEstimatingEulerSampler(),
                3 => new Res2sSampler(),
                _ => null,
            },
        };
    }

    private static T Turn<T>(int row)
        where T : struct, Enum
    {
        T[] values = Enum.GetValues<T>();
        return values[row % values.Length];
    }
}
