using LtxEngine.Media.Images;

namespace LtxEngine.Server.Pictures;

/// <summary>
/// Looks at the header of a picture before anything is computed, so that what is wrong with it is told in the words of the hosted endpoint.
/// Damage that only decoding shows is found later, by the engine.
/// </summary>
/// <param name="options">Limits.</param>
internal sealed class PictureCheck(LtxServerOptions options)
{
    private static readonly string[] SupportedFormats = [".png", ".jpg", ".jpeg", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".gif"];

    private static readonly long MaxPixels = new ImageDecodingOptions().MaxPixels;

    /// <summary>Checks a picture.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The end of it.</returns>
    /// <exception cref="PictureException">It is of another format, damaged, too small or too large.</exception>
    public async Task CheckAsync(string path, CancellationToken cancellationToken)
    {
        byte[] file = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        ImageHeader header = Read(file);
        if (Math.Min(header.Width, header.Height) < options.MinImageSide)
        {
            throw PictureException.TooSmallSides(options.MinImageSide);
        }

        if (Math.Max(header.Width, header.Height) > options.MaxImageSide)
        {
            throw PictureException.TooLargeSides(options.MaxImageSide);
        }

        if ((long)header.Width * header.Height > MaxPixels)
        {
            // Both sides may be this long at the same time.
            throw PictureException.TooLargeSides((int)Math.Sqrt(MaxPixels));
        }
    }

    private static ImageHeader Read(byte[] file)
    {
        try
        {
            return ImageHeaderReader.Read(file, "the picture");
        }
        catch (MediaException exception) when (exception.Kind is MediaErrorKind.UnsupportedFormat)
        {
            throw PictureException.UnsupportedFormat(SupportedFormats, exception.Message);
        }
        catch (MediaException exception)
        {
            throw PictureException.NotLoadable(exception.Message);
        }
    }
}
