using LtxEngine.Checkpoints.Configuration;
using LtxEngine.Checkpoints.Safetensors;

namespace LtxEngine.Checkpoints;

/// <summary>The tensors of a model: one safetensors file, or a folder with one or with shards and an index.</summary>
internal sealed class Checkpoint : ITensorCollection, IDisposable
{
    private const string IndexSuffix = ".safetensors.index.json";

    private readonly List<SafetensorsFile> _files;

    private Checkpoint(string path, List<SafetensorsFile> files, IReadOnlyDictionary<string, StoredTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        SourcePath = path;
        _files = files;
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>The file or folder that was opened.</summary>
    public string SourcePath { get; }

    /// <summary>The open files.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file or a folder; tensor data is not touched.</summary>
    /// <param name="path">A safetensors file; or a folder that holds <c>model.safetensors.index.json</c> with its shards, or one safetensors file.</param>
    /// <param name="modelFolder">The folder that links must not leave; by default the opened folder, or the file's own.</param>
    /// <exception cref="ModelFormatException">Something is missing, damaged, of another format, or leads outside the folder.</exception>
    public static Checkpoint Open(string path, string? modelFolder = null)
    {
        string fullPath = Path.GetFullPath(path);
        if (!Directory.Exists(fullPath))
        {
            SafetensorsFile single = SafetensorsFile.Open(fullPath, modelFolder);
            return new Checkpoint(fullPath, [single], single.Tensors, single.Metadata);
        }

        string folder = modelFolder ?? fullPath;
        string realFolder = ModelPath.ResolveFolder(fullPath, folder);
        if (FindIndex(realFolder) is { } index)
        {
            return OpenShards(realFolder, folder, index);
        }

        SafetensorsFile file = SafetensorsFile.Open(FindSingleFile(realFolder), folder);
        return new Checkpoint(fullPath, [file], file.Tensors, file.Metadata);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
        {
            file.Dispose();
        }
    }

    private static string? FindIndex(string folder)
    {
        string standard = Path.Combine(folder, "model" + IndexSuffix);
        if (File.Exists(standard))
        {
            return standard;
        }

        string[] others = [.. Directory.EnumerateFiles(folder, "*" + IndexSuffix).Order(StringComparer.Ordinal)];
        return others.Length == 1 ? others[0] : null;
    }

    private static string FindSingleFile(string folder)
    {
        string standard = Path.Combine(folder, "model.safetensors");
        if (File.Exists(standard))
        {
            return standard;
        }

        string[] files = [.. Directory.EnumerateFiles(folder, "*.safetensors").Order(StringComparer.Ordinal)];
        if (files.Length == 1)
        {
            return files[0];
        }

        if (File.Exists(Path.Combine(folder, "model_index.json")))
        {
            throw new ModelFormatException(
                folder,
                ModelFormatErrorKind.UnsupportedFormat,
                "The folder is in the layout of the diffusers library, which this engine does not read; use the original ltx-2-19b-*.safetensors file.");
        }

        string problem = files.Length == 0
            ? "The folder holds no safetensors file."
            : $"The folder holds {files.Length} safetensors files and no model.safetensors.index.json; name the file to open.";
        throw new ModelFormatException(folder, ModelFormatErrorKind.NotFound, problem);
    }

    private static Checkpoint OpenShards(string realFolder, string modelFolder, string indexPath)
    {
        ShardIndex index = ShardIndex.Read(ModelPath.ResolveFile(indexPath, modelFolder));
        Dictionary<string, SafetensorsFile> files = new(StringComparer.Ordinal);
        try
        {
            foreach (string name in index.Files)
            {
                files.Add(name, SafetensorsFile.Open(ModelPath.Combine(realFolder, name, indexPath, "A file of weight_map"), modelFolder));
            }

            Dictionary<string, StoredTensor> tensors = new(index.FileOfTensor.Count, StringComparer.Ordinal);
            List<string> problems = [];
            foreach ((string tensorName, string fileName) in index.FileOfTensor)
            {
                if (files[fileName].Tensors.TryGetValue(tensorName, out StoredTensor? tensor))
                {
                    tensors.Add(tensorName, tensor);
                }
                else if (problems.Count < ProblemList.MaximumListed)
                {
                    problems.Add($"weight_map says that '{BoundedJson.Shorten(tensorName)}' is in '{fileName}', where it is not.");
                }
            }

            if (problems.Count > 0)
            {
                throw new ModelFormatException(indexPath, ModelFormatErrorKind.InvalidIndex, problems);
            }

            Dictionary<string, string> metadata = new(StringComparer.Ordinal);
            foreach (string name in index.Files)
            {
                foreach ((string key, string value) in files[name].Metadata)
                {
                    metadata.TryAdd(key, value);
                }
            }

            return new Checkpoint(realFolder, [.. index.Files.Select(name => files[name])], tensors, metadata);
        }
        catch
        {
            foreach (SafetensorsFile file in files.Values)
            {
                file.Dispose();
            }

            throw;
        }
    }
}
