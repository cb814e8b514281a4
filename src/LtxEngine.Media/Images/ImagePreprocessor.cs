namespace LtxEngine.Media.Images;

/// <summary>
/// Turns a start image into what the video encoder takes: decode → compress and decompress at its own size (<see cref="CrfRoundTrip"/>)
/// → resize and crop → [−1, 1]. Loading and resizing are apart because a second stage resizes the same picture to another size.
/// </summary>
/// <param name="decoder">Decodes the image.</param>
/// <param name="crfRoundTrip">Compresses it.</param>
internal sealed class ImagePreprocessor(ImageDecoder decoder, CrfRoundTrip crfRoundTrip)
{
    /// <summary>Decodes an image and passes it through the compression.</summary>
    /// <param name="source">The image.</param>
    /// <param name="crf">Constant rate factor, 1 … 51; 0 for no compression.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The picture at its own size.</returns>
    /// <exception cref="MediaException">The image cannot be read or ffmpeg failed.</exception>
    public async Task<RgbImage> LoadAsync(ImageSource source, int crf, CancellationToken cancellationToken) =>
        await CompressAsync(await DecodeAsync(source, cancellationToken).ConfigureAwait(false), crf, cancellationToken).ConfigureAwait(false);

    /// <summary>Decodes an image.</summary>
    /// <param name="source">The image.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The picture at its own size.</returns>
    /// <exception cref="MediaException">The image cannot be read or ffmpeg failed.</exception>
    public Task<RgbImage> DecodeAsync(ImageSource source, CancellationToken cancellationToken) => decoder.DecodeAsync(source, cancellationToken);

    /// <summary>Passes a picture through the compression.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="crf">Constant rate factor, 1 … 51; 0 for no compression.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The picture at its own size.</returns>
    /// <exception cref="MediaException">ffmpeg failed.</exception>
    public Task<RgbImage> CompressAsync(RgbImage image, int crf, CancellationToken cancellationToken) =>
        crfRoundTrip.ApplyAsync(image, crf, slices: 1, cancellationToken);

    /// <summary>
    /// Resizes a picture so that it covers the target, cuts out the middle and maps 0 … 255 to −1 … 1 (x / 127.5 − 1). Bilinear with
    /// half-pixel centres and no antialiasing: source = max(0, ratio · (target + 0.5) − 0.5), ratio = source size / resized size, all
    /// in fp32 as the original computes it.
    /// </summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">Target width in pixels.</param>
    /// <param name="height">Target height in pixels.</param>
    /// <returns>[3, height, width] values, row-major: the red, green and blue planes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    public static float[] ResizeAndCrop(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ResizeGeometry geometry = ResizeGeometry.Cover(image.Width, image.Height, width, height);
        Sample[] columns = CreateSamples(image.Width, geometry.ResizedWidth, geometry.CropLeft, width, elementLength: 3);
        Sample[] rows = CreateSamples(image.Height, geometry.ResizedHeight, geometry.CropTop, height, elementLength: image.Width * 3);
        ReadOnlySpan<byte> pixels = image.Pixels.Span;
        int plane = checked(width * height);
        float[] result = new float[checked(3 * plane)];
        for (int y = 0; y < height; y++)
        {
            Sample row = rows[y];
            for (int x = 0; x < width; x++)
            {
                Sample column = columns[x];
                int at = (y * width) + x;
                for (int channel = 0; channel < 3; channel++)
                {
                    float upper = (column.FirstWeight * pixels[row.First + column.First + channel])
                        + (column.SecondWeight * pixels[row.First + column.Second + channel]);
                    float lower = (column.FirstWeight * pixels[row.Second + column.First + channel])
                        + (column.SecondWeight * pixels[row.Second + column.Second + channel]);
                    float value = (row.FirstWeight * upper) + (row.SecondWeight * lower);
                    result[(channel * plane) + at] = (value / 127.5f) - 1f;
                }
            }
        }

        return result;
    }

    private static Sample[] CreateSamples(int sourceSize, int resizedSize, int cropStart, int count, int elementLength)
    {
        Sample[] samples = new Sample[count];
        float ratio = (float)sourceSize / resizedSize;
        for (int i = 0; i < count; i++)
        {
            float position = Math.Max(0f, (ratio * (cropStart + i + 0.5f)) - 0.5f);
            int first = Math.Min((int)position, sourceSize - 1);
            int second = Math.Min(first + 1, sourceSize - 1);
            float secondWeight = Math.Clamp(position - first, 0f, 1f);
            samples[i] = new Sample(first * elementLength, second * elementLength, 1f - secondWeight, secondWeight);
        }

        return samples;
    }

    private readonly record struct Sample(int First, int Second, float FirstWeight, float SecondWeight);
}
