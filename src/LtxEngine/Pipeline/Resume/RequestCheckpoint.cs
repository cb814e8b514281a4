using System.Text.Json.Nodes;
using LtxEngine.Diffusion.Noise;
using LtxEngine.Diffusion.Samplers;
using LtxEngine.Networks.Transformer;
using LtxEngine.Planning;

namespace LtxEngine.Pipeline.Resume;

/// <summary>
/// A folder in which one request saves each of its steps. As long as it is open no other request can use the folder, in whatever process.
/// </summary>
internal sealed class RequestCheckpoint : IDisposable
{
    /// <summary>The file of the last saved step.</summary>
    public const string FileName = "request.safetensors";

    private const string LockName = "request.lock";
    private const int NamesShown = 5;
    private readonly string _path;
    private readonly JsonObject _fingerprint;
    private readonly FileStream _lock;
    private string? _warning;

    private RequestCheckpoint(string path, JsonObject fingerprint, FileStream locked)
    {
        _path = path;
        _fingerprint = fingerprint;
        _lock = locked;
    }

    /// <summary>Where the request stood when it was interrupted; null where it begins.</summary>
    public SavedStage? Saved { get; private set; }

    /// <summary>Denoising steps, of both stages together, that need not be computed.</summary>
    public int ResumedSteps { get; private set; }

    /// <summary>Takes a folder into use and reads what was saved in it. A damaged file is no step and leaves a warning.</summary>
    /// <param name="directory">The folder; created where it does not exist.</param>
    /// <param name="fingerprint">What the result of the request depends on.</param>
    /// <param name="drawnSeed">Whether the seed was drawn: then a saved one takes its place.</param>
    /// <returns>The open folder; dispose it when the request is over.</returns>
    /// <exception cref="InvalidRequestException">
    /// The folder cannot be used, another request uses it, or it holds a step of another request, which is not to be lost.
    /// </exception>
    public static RequestCheckpoint Open(string directory, JsonObject fingerprint, bool drawnSeed)
    {
        string path = Path.GetFullPath(Path.Combine(directory, FileName));
        RequestCheckpoint checkpoint = new(path, fingerprint, Lock(directory));
        try
        {
            checkpoint.RemoveLeftovers();
            checkpoint.Load(directory, drawnSeed);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Gives a plan the seed and the warning of the checkpoint.</summary>
    /// <param name="plan">The plan that the fingerprint was taken from.</param>
    public GenerationPlan Apply(GenerationPlan plan)
    {
        ResumedSteps = Saved is null ? 0 : Saved.Loop.CompletedSteps + (Saved.Stage == 0 ? 0 : plan.Stage.Sampler.PrepareSigmas([.. plan.Stage.Sigmas]).Length - 1);
        return plan with { Seed = (long)_fingerprint[RequestFingerprint.Seed]!, Warnings = _warning is null ? plan.Warnings : [.. plan.Warnings, _warning] };
    }

    /// <summary>Saves a step in place of the one before it.</summary>
    /// <param name="stage">The loop: 0, or 1 for the second stage.</param>
    /// <param name="initial">What the second stage refines; null in the first.</param>
    /// <param name="noise">The request's noise.</param>
    /// <param name="loop">Where the loop stands.</param>
    /// <param name="cache">What later steps may reuse; empty without acceleration.</param>
    /// <exception cref="IOException">The file cannot be written; the step before it is still there.</exception>
    public void Save(int stage, ClipLatents? initial, NoiseGenerator noise, DenoiseSnapshot loop, IReadOnlyList<ResidualCacheState> cache) =>
        SavedStageFile.Write(_path, _fingerprint, new SavedStage(stage, initial, noise.SaveState(), loop, cache));

    /// <summary>The request is finished: nothing of it stays.</summary>
    public void Remove() => File.Delete(_path);

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private void Load(string directory, bool drawnSeed)
    {
        if (!File.Exists(_path))
        {
            return;
        }

        JsonObject saved;
        SavedStage stage;
        try
        {
            (saved, stage) = SavedStageFile.Read(_path);
        }
        catch (InvalidDataException exception)
        {
            _warning = $"The saved step {_path} is damaged ({exception.Message}) and was not used: the request begins anew.";
            return;
        }

        if (drawnSeed)
        {
            _fingerprint[RequestFingerprint.Seed] = saved[RequestFingerprint.Seed]?.DeepClone();
        }

        IReadOnlyList<string> differences = RequestFingerprint.Differences(saved, _fingerprint);
        if (differences.Count > 0)
        {
            string names = string.Join(", ", differences.Take(NamesShown)) + (differences.Count > NamesShown ? ", …" : string.Empty);
            throw Refusal(directory, $"a folder without a step of another request (that of {FileName} differs in {names}); choose another folder, or delete the file to begin anew");
        }

        Saved = stage;
    }

    /// <summary>Files that a killed process was writing.</summary>
    private void RemoveLeftovers()
    {
        foreach (string leftover in Directory.EnumerateFiles(Path.GetDirectoryName(_path)!, FileName + ".*.tmp"))
        {
            File.Delete(leftover);
        }
    }

    private static FileStream Lock(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Refusal(directory, $"a folder that can be created ({exception.Message.TrimEnd('.')})");
        }

        try
        {
            return new FileStream(Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw Refusal(directory, $"a folder that can be written to ({exception.Message.TrimEnd('.')})");
        }
        catch (IOException)
        {
            throw Refusal(directory, "a folder that no other request uses at the same time");
        }
    }

    private static InvalidRequestException Refusal(string directory, string allowed) => new([new RequestError("checkpoint_directory", $"\"{directory}\"", allowed)]);
}
