namespace LtxEngine.Media.Images;

/// <summary>The image formats that can be read.</summary>
internal enum ImageFormat
{
    /// <summary>Portable Network Graphics.</summary>
    Png,

    /// <summary>JPEG in a JFIF, EXIF or Adobe wrapping.</summary>
    Jpeg,

    /// <summary>WebP, lossy or lossless.</summary>
    WebP,

    /// <summary>AV1 image file.</summary>
    Avif,

    /// <summary>Windows bitmap.</summary>
    Bmp,

    /// <summary>Tagged image file; its first page.</summary>
    Tiff,

    /// <summary>GIF; its first frame.</summary>
    Gif,
}
