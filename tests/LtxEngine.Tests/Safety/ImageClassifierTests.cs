using LtxEngine.Checkpoints.Folder;
using LtxEngine.Graphs.Safety;

namespace LtxEngine.Tests.Safety;

public sealed class ImageClassifierTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ltx-classifier-").FullName;

    private string Model => Path.Combine(_folder, "c.onnx");

    private ImageSafetyClassifier Configuration => new(Model, ["dark", "bright"], 0.5);

    [Fact]
    public void Scores_are_those_of_the_graph_for_both_layouts()
    {
        BrightnessClassifier.Write(Model);
        string last = Path.Combine(_folder, "last.onnx");
        BrightnessClassifier.Write(last, channelsLast: true);
        byte[] picture = Picture(153);

        // 153 / 255 = 0.6: the outputs are −2 and 2.
        double expected = Math.Exp(2) / (Math.Exp(2) + Math.Exp(-2));
        foreach (ImageSafetyClassifier configuration in (ImageSafetyClassifier[])[Configuration, Configuration with { File = last, Layout = ClassifierLayout.ChannelsLast }])
        {
            using ImageClassifier classifier = ImageClassifier.Load(configuration, _folder);
            double[] scores = classifier.Score(picture);
            Assert.Equal([1 - expected, expected], scores, (a, b) => Math.Abs(a - b) < 1e-5);
            Assert.Equal((BrightnessClassifier.Size, BrightnessClassifier.Size), (classifier.Width, classifier.Height));
        }
    }

    [Theory]
    [InlineData(ClassifierActivation.None, -2, 2)]
    [InlineData(ClassifierActivation.Sigmoid, 0.1192, 0.8808)]
    [InlineData(ClassifierActivation.Softmax, 0.0180, 0.9820)]
    public void Activations(object activation, double dark, double bright)
    {
        BrightnessClassifier.Write(Model);
        using ImageClassifier classifier = ImageClassifier.Load(Configuration with { Activation = (ClassifierActivation)activation }, _folder);

        Assert.Equal([dark, bright], classifier.Score(Picture(153)), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void Values_are_normalised_per_channel()
    {
        BrightnessClassifier.Write(Model);
        ImageSafetyClassifier configuration = Configuration with { Activation = ClassifierActivation.None, Mean = [0.5, 0.5, 0.5], StandardDeviation = [1, 1, 0.5] };
        using ImageClassifier classifier = ImageClassifier.Load(configuration, _folder);

        // (1 − 0.5) / 1, / 1, / 0.5: the mean is 2/3, the second output 20 · 2/3 − 10.
        Assert.Equal(10 / 3.0, classifier.Score(Picture(255))[1], 1e-4);
    }

    [Fact]
    public void A_graph_for_any_size_takes_the_stated_one()
    {
        BrightnessClassifier.Write(Model, anySize: true);
        using ImageClassifier classifier = ImageClassifier.Load(Configuration with { Width = 6, Height = 4 }, _folder);
        Assert.Equal((6, 4), (classifier.Width, classifier.Height));
        Assert.True(classifier.Score(Enumerable.Repeat((byte)255, 3 * 6 * 4).ToArray())[1] > 0.99);

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => ImageClassifier.Load(Configuration, _folder));
        Assert.Contains("state one as height", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_such_classifier_is_refused_with_the_reason()
    {
        BrightnessClassifier.Write(Model);
        Assert.Contains("labels names 1 outputs", Refusal(Configuration with { Labels = ["one"] }), StringComparison.Ordinal);
        Assert.Contains("width is 9", Refusal(Configuration with { Width = 9 }), StringComparison.Ordinal);
        Assert.Contains("channels last", Refusal(Configuration with { Layout = ClassifierLayout.ChannelsLast }), StringComparison.Ordinal);
        File.WriteAllText(Model, "this is no model");
        Assert.Contains("could not load", Refusal(Configuration), StringComparison.Ordinal);
        Assert.Contains("c.onnx", Refusal(Configuration), StringComparison.Ordinal);

        string Refusal(ImageSafetyClassifier configuration) => Assert.Throws<ModelFormatException>(() => ImageClassifier.Load(configuration, _folder)).Message;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Picture(byte value) => [.. Enumerable.Repeat(value, 3 * BrightnessClassifier.Size * BrightnessClassifier.Size)];
}
