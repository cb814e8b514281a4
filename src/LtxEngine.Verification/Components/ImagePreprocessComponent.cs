using System.Text.Json;
using LtxEngine.Media.Ffmpeg;
using LtxEngine.Media.Images;
using LtxEngine.Tensors;

namespace LtxEngine.Verification.Components;

/// <summary>From an image file or pixels to the video encoder's input.</summary>
internal sealed class ImagePreprocessComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "image_preprocess";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context)
    {
        if (referenceCase.Operation is not null)
        {
            throw new UnknownOperationException(Component, referenceCase.Operation);
        }

        JsonElement parameters = referenceCase.Parameters;
        int width = parameters.GetProperty("width").GetInt32();
        int height = parameters.GetProperty("height").GetInt32();
        int crf = parameters.TryGetProperty("crf", out JsonElement crfValue) ? crfValue.GetInt32() : 0;
        bool applyOrientation = !parameters.TryGetProperty("apply_exif", out JsonElement apply) || apply.GetBoolean();
        FfmpegTool ffmpeg = new();
        ImagePreprocessor preprocessor = new(
            new ImageDecoder(ffmpeg, new ImageDecodingOptions { ApplyOrientation = applyOrientation }), new CrfRoundTrip(ffmpeg));
        RgbImage image = preprocessor.LoadAsync(CreateSource(referenceCase), crf, CancellationToken.None).GetAwaiter().GetResult();
        ResizeGeometry geometry = ResizeGeometry.Cover(image.Width, image.Height, width, height);
        outputs.Add("image", new HostTensor(new TensorShape(1, 3, 1, height, width), ImagePreprocessor.ResizeAndCrop(image, width, height)));
        outputs.SetExpected(new
        {
            resized_height = geometry.ResizedHeight,
            resized_width = geometry.ResizedWidth,
            crop_top = geometry.CropTop,
            crop_left = geometry.CropLeft,
        });
    }

    private static ImageSource CreateSource(ReferenceCase referenceCase)
    {
        if (referenceCase.Files.TryGetValue("image", out string? path))
        {
            return ImageSource.FromFile(path);
        }

        HostTensor pixels = referenceCase.Input("image");
        return ImageSource.FromPixels(PixelTensor.ToBytes(pixels.Data), (int)pixels.Shape[1], (int)pixels.Shape[0]);
    }
}
