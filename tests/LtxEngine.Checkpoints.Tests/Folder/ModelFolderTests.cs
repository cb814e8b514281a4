using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Checkpoints.Folder;
using LtxEngine.Testing;

namespace LtxEngine.Checkpoints.Tests.Folder;

public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_demo_folder_is_read()
    {
        ModelFolder folder = ModelFolder.Open(RepositoryPaths.DemoModel);
        Assert.Equal((ModelKind.Dev, StageTwoWeights.Base), (folder.Kind, folder.StageTwoWeights));
        Assert.Equal(Path.Combine(RepositoryPaths.DemoModel, "model.safetensors"), folder.Checkpoint);
        Assert.Equal(Path.Combine(RepositoryPaths.DemoModel, "gemma"), folder.TextEncoder);
        Assert.NotNull(folder.SpatialUpscaler);
        Assert.Null(folder.DistilledLora);
        Assert.Empty(folder.CameraLoras);
        Assert.NotNull(folder.Defaults.Width);
        Assert.NotNull(folder.Defaults.GuidancePreset);
        Assert.Null(folder.Defaults.StgBlocks);
    }

    [Theory]
    [InlineData("ltx-2-19b-dev.safetensors", "Dev")]
    [InlineData("ltx-2-19b-dev-fp8.safetensors", "Dev")]
    [InlineData("ltx-2-19b-distilled-fp8.safetensors", "Distilled")]
    public void Published_names_decide_where_there_is_no_description(string checkpoint, string kind)
    {
        Touch(checkpoint);
        Touch("ltx-2-spatial-upscaler-x2-1.0.safetensors");
        Touch("ltx-2-19b-distilled-lora-384.safetensors");
        Touch("ltx-2-19b-lora-camera-control-dolly-in.safetensors");
        Touch("gemma/config.json");
        ModelFolder folder = ModelFolder.Open(_folder.FullPath);
        Assert.Equal((kind, _folder[checkpoint]), (folder.Kind.ToString(), folder.Checkpoint));
        Assert.Equal((_folder["ltx-2-19b-distilled-lora-384.safetensors"], null), (folder.DistilledLora, folder.TemporalUpscaler));
        Assert.Equal(["dolly-in"], folder.CameraLoras.Keys);
        Assert.Equal((_folder["gemma"], StageTwoWeights.Distilled), (folder.TextEncoder, folder.StageTwoWeights));
        Assert.Equal(new ModelFolderDefaults(), folder.Defaults);
    }

    [Fact]
    public void An_empty_folder_says_what_it_needs()
    {
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => ModelFolder.Open(_folder.FullPath));
        Assert.Contains("ltx-2-19b-distilled.safetensors", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ModelFormatException>(() => ModelFolder.Open(_folder["nowhere"]));
    }

    [Fact]
    public void Everything_that_a_description_may_state_is_read()
    {
        Touch("m.safetensors");
        Touch("sub/left.safetensors");
        Touch("classifier.onnx");
        Write("""
            {"kind": "distilled", "stage_2_weights": "distilled", "note": "ignored",
             "files": {"checkpoint": "m.safetensors", "temporal_upscaler": "sub/left.safetensors", "camera_loras": {"dolly-left": "sub/left.safetensors"},
                       "image_safety_classifier": {"file": "classifier.onnx", "labels": ["a", "b"], "threshold": 0.25}},
             "defaults": {"width": 64, "fps": 29.97, "guidance_scale": 0, "stg_blocks": [0, 4], "enable_prompt_expansion": true, "negative_prompt": ""}}
            """);
        ModelFolder folder = ModelFolder.Open(_folder.FullPath);
        Assert.Equal((ModelKind.Distilled, _folder["sub/left.safetensors"]), (folder.Kind, folder.TemporalUpscaler));
        Assert.Equal(_folder["sub/left.safetensors"], folder.CameraLoras["dolly-left"]);
        Assert.Equal((_folder["classifier.onnx"], 0.25), (folder.ImageSafetyClassifier!.File, folder.ImageSafetyClassifier.Threshold));
        Assert.Equal(["a", "b"], folder.ImageSafetyClassifier.Labels);
        Assert.Equal(["a", "b"], folder.ImageSafetyClassifier.RefusedLabels);
        Assert.Equal([0, 0, 0], folder.ImageSafetyClassifier.Mean);
        Assert.Equal([1, 1, 1], folder.ImageSafetyClassifier.StandardDeviation);
        Assert.Equal([0, 4], folder.Defaults.StgBlocks!.Value);
        Assert.Equal((64, null, 29.97, 0.0, true, string.Empty), (
            folder.Defaults.Width, folder.Defaults.Height, folder.Defaults.Fps, folder.Defaults.GuidanceScale, folder.Defaults.EnablePromptExpansion, folder.Defaults.NegativePrompt));
    }

    [Theory]
    [InlineData("kind", "\"turbo\"", "ltx-model.json.kind")]
    [InlineData("stage_2_weights", "1", "ltx-model.json.stage_2_weights")]
    [InlineData("files", "[]", "ltx-model.json.files")]
    [InlineData("files", "{}", "files.checkpoint")]
    [InlineData("files", "{\"checkpoint\": 5}", "files.checkpoint")]
    [InlineData("files", "{\"checkpoint\": \"other.safetensors\"}", "files.checkpoint")]
    [InlineData("files", "{\"checkpoint\": \"../m.safetensors\"}", "files.checkpoint")]
    [InlineData("files", "{\"checkpoint\": \"/etc/passwd\"}", "files.checkpoint")]
    [InlineData("files", "{\"checkpoint\": \"\\ud800\"}", "files.checkpoint")]
    [InlineData("files", "{\"checkpoint\": \"m.safetensors\", \"text_encoder\": \"m.safetensors\"}", "files.text_encoder")]
    [InlineData("files", "{\"checkpoint\": \"m.safetensors\", \"camera_loras\": {\"left\": \"x\"}}", "files.camera_loras.left")]
    [InlineData("files", "{\"checkpoint\": \"m.safetensors\", \"image_safety_classifier\": {\"threshold\": 2}}", "files.image_safety_classifier")]
    [InlineData("files", "{\"checkpoint\": \"m.safetensors\", \"image_safety_classifier\": {\"file\": \"m.safetensors\"}}", "image_safety_classifier.labels")]
    [InlineData("files", "{\"checkpoint\": \"m.safetensors\", \"image_safety_classifier\": {\"file\": \"m.safetensors\", \"labels\": [\"a\"], \"refused_labels\": [\"b\"]}}", "image_safety_classifier.refused_labels")]
    [InlineData("files", "{\"checkpoint\": \"m.safetensors\", \"image_safety_classifier\": {\"file\": \"m.safetensors\", \"labels\": [\"a\"], \"mean\": [0, 1]}}", "image_safety_classifier.mean")]
    [InlineData("files", "{\"checkpoint\": \"m.safetensors\", \"image_safety_classifier\": {\"file\": \"m.safetensors\", \"labels\": [\"a\"], \"std\": [1, 1, 0]}}", "image_safety_classifier.std")]
    [InlineData("files", "{\"checkpoint\": \"m.safetensors\", \"prompt_rules\": \"rules.txt\"}", "files.prompt_rules")]
    [InlineData("defaults", "{\"width\": 0}", "defaults.width")]
    [InlineData("defaults", "{\"num_frames\": 1.5}", "defaults.num_frames")]
    [InlineData("defaults", "{\"fps\": -24}", "defaults.fps")]
    [InlineData("defaults", "{\"negative_prompt\": 1}", "defaults.negative_prompt")]
    [InlineData("defaults", "{\"stg_blocks\": [-1]}", "defaults.stg_blocks")]
    [InlineData("defaults", "{\"enable_prompt_expansion\": \"yes\"}", "defaults.enable_prompt_expansion")]
    public void A_wrong_field_is_named(string key, string value, string field)
    {
        Touch("m.safetensors");
        JsonObject json = JsonNode.Parse("""{"files": {"checkpoint": "m.safetensors"}}""")!.AsObject();
        json.Remove(key);
        string text = json.ToJsonString();
        Write($"{{\"{key}\": {value}{(json.Count > 0 ? "," : string.Empty)}{text[1..]}");
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => ModelFolder.Open(_folder.FullPath));
        Assert.Contains(exception.Problems, problem => problem.Contains(field, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"kind\":\"dev\",\"kind\":\"dev\"}")]
    public void A_malformed_description_is_refused(string text)
    {
        Write(text);
        Assert.Throws<ModelFormatException>(() => ModelFolder.Open(_folder.FullPath));
    }

    [Fact]
    public void Random_descriptions_never_throw_anything_but_the_typed_error()
    {
        Gen<string> value = Gen.Elements("1", "-1", "1e400", "null", "true", "\"dev\"", "\"..\"", "\"\"", "\"\\ud800\"", "[]", "[1]", "{}", "{\"a\":1}", "{\"checkpoint\":\"ltx-model.json\"}");
        Gen<string> key = Gen.Elements("kind", "files", "stage_2_weights", "defaults", "checkpoint", "camera_loras", "width", "x", "\\ud800");
        Gen<string> pair = key.SelectMany(k => value.Select(v => $"\"{k}\":{v}"));
        Gen<string> section = Gen.ListOf(pair).Select(pairs => $"{{{string.Join(',', pairs)}}}");
        Gen<string> text = Gen.ListOf(key.SelectMany(k => Gen.OneOf(section, value).Select(v => $"\"{k}\":{v}"))).Select(pairs => $"{{{string.Join(',', pairs)}}}");
        Prop.ForAll(text.ToArbitrary(), description =>
        {
            Write(description);
            try
            {
                return ModelFolder.Open(_folder.FullPath).Checkpoint.Length > 0;
            }
            catch (ModelFormatException exception)
            {
                return exception.Problems.Count > 0;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private void Touch(string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllText(_folder[name], "x");
    }

    private void Write(string text) => File.WriteAllText(_folder["ltx-model.json"], text, Encoding.UTF8);
}
