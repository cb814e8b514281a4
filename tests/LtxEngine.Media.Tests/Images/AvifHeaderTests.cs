using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests.Images;

public sealed class AvifHeaderTests
{
    [Theory]
    [InlineData(null, null, 1)]
    [InlineData(1, null, 8)]
    [InlineData(2, null, 3)]
    [InlineData(3, null, 6)]
    [InlineData(null, 0, 4)]
    [InlineData(null, 1, 2)]
    [InlineData(1, 0, 5)]
    [InlineData(3, 0, 7)]
    [InlineData(1, 1, 7)]
    [InlineData(3, 1, 5)]
    [InlineData(2, 0, 2)]
    [InlineData(2, 1, 4)]
    public void Rotation_and_mirroring_become_an_orientation(int? quarterTurns, int? mirrorAxis, int expected)
    {
        ImageHeader header = ImageHeaderReader.Read(Create(quarterTurns, mirrorAxis), "the test");
        Assert.Equal(new ImageHeader(ImageFormat.Avif, 40, 30, (ExifOrientation)expected), header);
    }

    [Fact]
    public void Quarter_turns_and_mirrors_compose_as_the_pixels_do()
    {
        // The pixel transforms themselves are the reference: turn anti-clockwise, then mirror.
        RgbImage image = TestPictures.Smooth(5, 3);
        for (int turns = 0; turns < 4; turns++)
        {
            for (int axis = 0; axis < 2; axis++)
            {
                RgbImage expected = image;
                for (int i = 0; i < turns; i++)
                {
                    expected = OrientationTransform.Apply(expected, ExifOrientation.Rotate270);
                }

                expected = OrientationTransform.Apply(expected, axis == 0 ? ExifOrientation.MirrorVertically : ExifOrientation.MirrorHorizontally);
                ImageHeader header = ImageHeaderReader.Read(Create(turns, axis), "the test");
                TestPictures.AssertEqual(expected, OrientationTransform.Apply(image, header.Orientation));
            }
        }
    }

    private static byte[] Create(int? quarterTurns, int? mirrorAxis)
    {
        // Property 1 belongs to another item (a thumbnail or alpha plane) and must not count.
        List<byte> properties = [.. Box("ispe", 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF), .. Box("ispe", 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 30)];
        List<byte> own = [0x82];
        byte next = 3;
        if (quarterTurns is { } turns)
        {
            properties.AddRange(Box("irot", (byte)turns));
            own.Add((byte)(0x80 | next++));
        }

        if (mirrorAxis is { } axis)
        {
            properties.AddRange(Box("imir", (byte)axis));
            own.Add((byte)(0x80 | next));
        }

        byte[] associations = Box("ipma", [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, (byte)own.Count, .. own, 0, 2, 1, 0x81]);
        byte[] meta = Box("meta", [0, 0, 0, 0, .. Box("pitm", 0, 0, 0, 0, 0, 1), .. Box("iprp", [.. Box("ipco", [.. properties]), .. associations])]);
        return [.. Box("ftyp", [.. "avif"u8, 0, 0, 0, 0, .. "mif1"u8]), .. meta];
    }

    private static byte[] Box(string type, params byte[] content) =>
        [0, 0, (byte)((content.Length + 8) >> 8), (byte)(content.Length + 8), .. type.Select(c => (byte)c), .. content];
}
