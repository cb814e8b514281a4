using LtxEngine.Testing;
using LtxEngine.Tests.Safety;

namespace LtxEngine.Tests;

public sealed class ModelInspectorTests
{
    [Fact]
    public void The_demo_model_is_complete_and_its_bytes_add_up()
    {
        ModelReport report = ModelInspector.Inspect(RepositoryPaths.DemoModel);

        Assert.Empty(report.Problems);
        Assert.Equal("dev", report.Kind);
        Assert.Equal(["checkpoint", "text_encoder", "spatial_upscaler"], report.Files.Select(f => f.Role));
        Assert.Equal(report.Files.Take(2).Sum(f => f.Bytes), report.Components.Sum(c => c.StoredBytes));
        Assert.Equal(
            ["text encoder (Gemma)", "text projection and connectors", "transformer", "video VAE", "audio VAE", "vocoder"], report.Components.Select(c => c.Name));
    }

    [Fact]
    public void A_safety_classifier_is_among_the_files()
    {
        using DemoFolder folder = BrightnessClassifier.Folder();
        ModelReport report = ModelInspector.Inspect(folder.Path);

        Assert.Empty(report.Problems);
        ModelFileReport classifier = report.Files[^1];
        Assert.Equal("image_safety_classifier", classifier.Role);
        Assert.Equal((new FileInfo(classifier.Path).Length, 0), (classifier.Bytes, classifier.Tensors));
        Assert.InRange(classifier.Bytes, 1, long.MaxValue);
    }

    [Fact]
    public void A_single_upscaler_is_recognised()
    {
        ModelReport report = ModelInspector.Inspect(Path.Combine(RepositoryPaths.DemoModel, "spatial-upscaler-x2.safetensors"));

        Assert.Null(report.Kind);
        Assert.Equal("latent upsampler", Assert.Single(report.Components).Name);
    }

    [Fact]
    public void A_file_that_is_no_model_is_refused() =>
        Assert.Throws<ModelFormatException>(() => ModelInspector.Inspect(Path.Combine(RepositoryPaths.Root, "README.md")));
}
