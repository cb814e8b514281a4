using System.Collections.Immutable;
using LtxEngine.Graphs.Building;
using LtxEngine.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace LtxEngine.Graphs.Execution;

/// <content>Graphs of others, from a file.</content>
internal sealed partial class GraphSession
{
    /// <summary>Loads an ONNX file. Its inputs must be fp32 tensors; outputs of other kinds are left out.</summary>
    /// <param name="path">The file; weights that it keeps outside lie beside it.</param>
    /// <param name="options">How to load it; null for the defaults.</param>
    /// <exception cref="ExecutionProviderUnavailableException">The chosen provider is not there.</exception>
    /// <exception cref="GraphException">ONNX Runtime cannot be loaded or refuses the file, or an input is no fp32 tensor.</exception>
    public static GraphSession Load(string path, GraphSessionOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= GraphSessionOptions.Default;
        using SessionOptions native = CreateNativeOptions(options);
        InferenceSession? session = null;
        try
        {
            session = new InferenceSession(path, native);
            foreach ((string name, NodeMetadata metadata) in session.InputMetadata)
            {
                if (!IsFloat32(metadata))
                {
                    throw new GraphException($"The input {name} of {path} is no fp32 tensor.");
                }
            }

            return new GraphSession(
                Path.GetFileName(path),
                [.. session.InputMetadata.Select(input => Describe(input.Key, input.Value))],
                [.. session.OutputMetadata.Where(output => IsFloat32(output.Value)).Select(output => Describe(output.Key, output.Value))],
                session,
                options);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new GraphException($"ONNX Runtime {GraphRuntime.Version} could not load {path} on {options.Provider}: {exception.Message}", exception);
        }
        catch (GraphException)
        {
            session?.Dispose();
            throw;
        }
    }

    private static bool IsFloat32(NodeMetadata metadata) => metadata.IsTensor && metadata.ElementDataType == TensorElementType.Float;

    private static GraphPort Describe(string name, NodeMetadata metadata)
    {
        ImmutableArray<GraphDimension>.Builder dimensions = ImmutableArray.CreateBuilder<GraphDimension>(metadata.Dimensions.Length);
        for (int axis = 0; axis < metadata.Dimensions.Length; axis++)
        {
            // An extent without a name is free: its name must not equal another one's.
            string symbol = metadata.SymbolicDimensions[axis];
            dimensions.Add(metadata.Dimensions[axis] >= 0 ? metadata.Dimensions[axis]
                : string.IsNullOrEmpty(symbol) ? $"{name}_{axis}" : symbol);
        }

        return new GraphPort(name, DataType.Float32, dimensions.MoveToImmutable());
    }
}
