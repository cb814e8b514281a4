namespace LtxEngine.Planning;

/// <summary>What the hosted endpoint counts for a clip.</summary>
internal static class ClipPrice
{
    private const long PixelsPerUnit = 1_000_000;

    /// <summary>Millions of pixels: width · height · frames / 1,000,000.</summary>
    public static double Megapixels(int width, int height, int frames) => (double)Pixels(width, height, frames) / PixelsPerUnit;

    /// <summary>Whole units: ⌈width · height · frames / 1,000,000⌉.</summary>
    public static long Units(int width, int height, int frames) => checked(Pixels(width, height, frames) + PixelsPerUnit - 1) / PixelsPerUnit;

    private static long Pixels(int width, int height, int frames) => checked((long)width * height * frames);
}
