using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LtxEngine.Requests;

namespace LtxEngine.Cli.Batch;

/// <summary>Turns the lines of a jobs file into clips. Relative files lie in the folder of the jobs file.</summary>
/// <param name="folder">Folder of the jobs file.</param>
/// <param name="standardCount">Clips of a line that does not say it.</param>
internal sealed class JobReader(string folder, int standardCount)
{
    /// <summary>Most clips of a line.</summary>
    public const int MostClips = 1000;

    private const int LongestName = 120;
    private const string Count = "count";
    private const string Output = "output";
    private const string AllowedName = "a file name without a folder, at most 120 characters, that does not begin with a dot";

    /// <summary>What some file system does not take in a name.</summary>
    private static readonly SearchValues<char> NotInNames = SearchValues.Create("<>:\"/\\|?*");

    /// <summary>The fields that only a batch has.</summary>
    private static readonly RequestProfile OwnFields = new(
    [
        RequestField.Integer(Count, "Number of clips, each with its own seed.", _ => null, (request, _) => request) with { Minimum = 1, Maximum = MostClips },
        RequestField.Text(Output, "Name of the file.", _ => null, (request, _) => request) with { AllowedText = AllowedName, MaximumLength = LongestName },
    ]);

    /// <summary>Reads all lines.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="errors">Receives a message for everything that cannot be used.</param>
    /// <returns>The clips, in the order of the file.</returns>
    public IReadOnlyList<BatchJob> Read(IReadOnlyList<JobLine> lines, List<string> errors)
    {
        List<BatchJob> jobs = [.. lines.SelectMany(line => Read(line, errors))];
        foreach (IGrouping<string, BatchJob> same in jobs.GroupBy(job => job.Output, StringComparer.OrdinalIgnoreCase).Where(group => group.Skip(1).Any()))
        {
            errors.Add($"{string.Join(" and ", same.Select(job => job.Name).Distinct(StringComparer.Ordinal))}: output is \"{same.Key}\" more than once; every clip needs a name of its own.");
        }

        return jobs;
    }

    private IEnumerable<BatchJob> Read(JobLine line, List<string> errors)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"line {line.Number}");
        if (line.Fields.ValueKind != JsonValueKind.Object)
        {
            errors.Add($"{name} is no JSON object of fields.");
            return [];
        }

        JsonObject fields = JsonObject.Create(line.Fields)!;
        fields.Remove(Count);
        fields.Remove(Output);
        List<string> files = [];
        RequestReading own = RequestReader.Read(OwnFields, line.Fields);
        RequestReading reading = RequestReader.Read(LibraryProfile.Instance, JsonSerializer.SerializeToElement(fields), (_, reference) => Image(reference, files));
        List<RequestError> problems = [.. own.Errors.Concat(reading.Errors).Select(error => error.ToRequestError())];
        if (reading.Request?.CheckpointDirectory is { } directory)
        {
            problems.Add(new RequestError("checkpoint_directory", $"\"{directory}\"", "left out; a batch keeps the steps of each clip in its own folder"));
        }

        string? output = own.Values.GetValueOrDefault(Output) as string;
        if (output is not null && !IsFileName(output))
        {
            problems.Add(new RequestError(Output, $"\"{output}\"", AllowedName));
        }

        errors.AddRange(problems.Select(problem => $"{name}: {problem}"));
        if (problems.Count > 0 || reading.Request is not { } request)
        {
            return [];
        }

        LoraUse[] loras = [.. request.Loras.Select(lora => lora with { Path = Path.Combine(folder, lora.Path) })];
        files.AddRange(loras.Select(lora => lora.Path));
        int count = own.Values.TryGetValue(Count, out object? given) ? (int)(long)given : standardCount;
        return Enumerable.Range(1, count).Select(clip => new BatchJob
        {
            Line = line.Number,
            Clip = clip,
            Output = FileName(output ?? string.Create(CultureInfo.InvariantCulture, $"{line.Number:0000}"), request, clip, count),
            Request = request with { Loras = loras, Seed = unchecked(request.Seed + clip - 1) },
            Fields = fields.ToJsonString(),
            Files = files,
        });
    }

    private ImageSource Image(string reference, List<string> files)
    {
        ImageSource image = ImageReference.Parse(reference, folder);
        if (!reference.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            files.Add(Path.GetFullPath(Path.Combine(folder, reference)));
        }

        return image;
    }

    private static bool IsFileName(string name) =>
        name.Length > 0 && name[0] != '.' && name[^1] is not ('.' or ' ')
        && !string.Equals(name, BatchFolder.ResultsName, StringComparison.OrdinalIgnoreCase)
        && !name.AsSpan().ContainsAny(NotInNames) && !name.AsSpan().ContainsAnyInRange('\0', '\x1f');

    private static string FileName(string name, GenerationRequest request, int clip, int count)
    {
        string ending = Path.GetExtension(name);
        bool isVideo = Array.Exists(Enum.GetValues<VideoOutputType>(), type => string.Equals(type.FileExtension(), ending, StringComparison.OrdinalIgnoreCase));
        string stem = isVideo ? Path.GetFileNameWithoutExtension(name) : name;
        string number = count == 1 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"-{clip}");
        return stem + number + (isVideo ? ending : (request.VideoOutputType ?? VideoOutputType.X264).FileExtension());
    }
}
