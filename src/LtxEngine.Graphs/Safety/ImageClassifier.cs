using System.Collections.Immutable;
using LtxEngine.Checkpoints;
using LtxEngine.Checkpoints.Folder;
using LtxEngine.Graphs.Building;
using LtxEngine.Graphs.Execution;
using LtxEngine.Tensors;

namespace LtxEngine.Graphs.Safety;

/// <summary>An image classifier of the user, from an ONNX file with one image input. Runs may overlap.</summary>
internal sealed class ImageClassifier : IDisposable
{
    private readonly ImageSafetyClassifier _configuration;
    private readonly GraphSession _session;
    private readonly string _input;
    private readonly string _output;

    private ImageClassifier(ImageSafetyClassifier configuration, GraphSession session)
    {
        _configuration = configuration;
        _session = session;
        if (session.Inputs.Length != 1 || session.Inputs[0].Dimensions.Length != 4 || session.Outputs.IsEmpty)
        {
            throw Problem($"it must have one input of four axes and an fp32 output; it has {string.Join(", ", session.Inputs)} and {string.Join(", ", session.Outputs)}");
        }

        GraphPort input = session.Inputs[0];
        bool channelsFirst = configuration.Layout == ClassifierLayout.ChannelsFirst;
        if (input.Dimensions[channelsFirst ? 1 : 3].Size is not (null or 3) || input.Dimensions[0].Size is not (null or 1))
        {
            throw Problem($"the input must be one RGB picture with {(channelsFirst ? "channels first" : "channels last")} (layout); it is {input}");
        }

        Height = Extent(input.Dimensions[channelsFirst ? 2 : 1], configuration.Height, "height");
        Width = Extent(input.Dimensions[channelsFirst ? 3 : 2], configuration.Width, "width");
        GraphPort output = session.Outputs[0];
        if (output.Dimensions.IsEmpty || (output.Dimensions[^1].Size is { } count && count != configuration.Labels.Length))
        {
            throw Problem($"labels names {configuration.Labels.Length} outputs; the classifier has {output}");
        }

        _input = input.Name;
        _output = output.Name;
    }

    /// <summary>Width of the pictures that it takes.</summary>
    public int Width { get; }

    /// <summary>Height of the pictures that it takes.</summary>
    public int Height { get; }

    /// <summary>The labels of its outputs, in order.</summary>
    public ImmutableArray<string> Labels => _configuration.Labels;

    /// <summary>Opens a classifier.</summary>
    /// <param name="configuration">What the model folder says about it.</param>
    /// <param name="modelFolder">The folder that links must not leave.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <exception cref="ModelFormatException">The file is no such classifier.</exception>
    public static ImageClassifier Load(ImageSafetyClassifier configuration, string modelFolder, GraphSessionOptions? options = null)
    {
        GraphSession? session = null;
        try
        {
            session = GraphSession.Load(ModelPath.ResolveFile(configuration.File, modelFolder), options);
            return new ImageClassifier(configuration, session);
        }
        catch (GraphException exception)
        {
            throw new ModelFormatException(configuration.File, ModelFormatErrorKind.Other, exception.Message, exception);
        }
        catch (ModelFormatException)
        {
            session?.Dispose();
            throw;
        }
    }

    /// <summary>Scores a picture.</summary>
    /// <param name="rgb"><see cref="Height"/> · <see cref="Width"/> · 3 bytes, row after row.</param>
    /// <param name="cancellationToken">Ends the run between two operations.</param>
    /// <returns>One score per label, 0 … 1.</returns>
    /// <exception cref="GraphException">The classifier failed, or gave something that is no score.</exception>
    public double[] Score(ReadOnlySpan<byte> rgb, CancellationToken cancellationToken = default)
    {
        HostTensor output = _session.Run(new Dictionary<string, GraphTensor>(StringComparer.Ordinal) { [_input] = Prepare(rgb) }, cancellationToken)[_output];
        if (output.Data.Length != Labels.Length || output.Data.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
        {
            throw new GraphException($"The classifier {_configuration.File} gave {output.Shape}; {Labels.Length} finite numbers are needed.");
        }

        double[] scores = [.. output.Data];
        switch (_configuration.Activation)
        {
            case ClassifierActivation.Softmax:
                double largest = scores.Max();
                double total = scores.Sum(score => Math.Exp(score - largest));
                return [.. scores.Select(score => Math.Exp(score - largest) / total)];
            case ClassifierActivation.Sigmoid:
                return [.. scores.Select(score => 1 / (1 + Math.Exp(-score)))];
            default:
                return scores;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private HostTensor Prepare(ReadOnlySpan<byte> rgb)
    {
        int plane = Width * Height;
        if (rgb.Length != 3 * plane)
        {
            throw new ArgumentException($"A picture of {Width} × {Height} has {3 * plane} bytes, not {rgb.Length}.", nameof(rgb));
        }

        bool channelsFirst = _configuration.Layout == ClassifierLayout.ChannelsFirst;
        HostTensor picture = channelsFirst ? HostTensor.Zeros(1, 3, Height, Width) : HostTensor.Zeros(1, Height, Width, 3);
        for (int channel = 0; channel < 3; channel++)
        {
            double mean = _configuration.Mean[channel];
            double deviation = _configuration.StandardDeviation[channel];
            for (int i = 0; i < plane; i++)
            {
                picture.Data[channelsFirst ? (channel * plane) + i : (3 * i) + channel] = (float)(((rgb[(3 * i) + channel] / 255.0) - mean) / deviation);
            }
        }

        return picture;
    }

    private int Extent(GraphDimension dimension, int? stated, string name)
    {
        if (dimension.Size is { } size && stated is { } wanted && size != wanted)
        {
            throw Problem($"{name} is {wanted}; the classifier takes {size}");
        }

        return stated ?? (dimension.Size is > 0 and <= 4096 ? (int)dimension.Size : throw Problem($"it takes pictures of any {name}: state one as {name}"));
    }

    private ModelFormatException Problem(string problem) => new(
        _configuration.File, ModelFormatErrorKind.InvalidModelFolder, $"files.image_safety_classifier cannot be used: {problem}.");
}
