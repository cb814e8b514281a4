namespace LtxEngine.Media.Images;

/// <summary>The eight EXIF orientations: what has to be done to the stored pixels to show them upright.</summary>
internal enum ExifOrientation
{
    /// <summary>Nothing.</summary>
    Upright = 1,

    /// <summary>Mirror left-right.</summary>
    MirrorHorizontally = 2,

    /// <summary>Rotate by 180°.</summary>
    Rotate180 = 3,

    /// <summary>Mirror top-bottom.</summary>
    MirrorVertically = 4,

    /// <summary>Swap rows and columns (mirror along the main diagonal).</summary>
    Transpose = 5,

    /// <summary>Rotate by 90° clockwise.</summary>
    Rotate90 = 6,

    /// <summary>Mirror along the other diagonal.</summary>
    Transverse = 7,

    /// <summary>Rotate by 270° clockwise.</summary>
    Rotate270 = 8,
}
