using FsCheck;
using FsCheck.Fluent;
using LtxEngine.Media.Images;

namespace LtxEngine.Media.Tests.Images;

public sealed class IccProfileTests
{
    private static readonly byte[] DisplayP3 = IccPictures.Profile(IccPictures.DisplayP3, IccPictures.SrgbCurve);

    /// <summary>Display P3 to sRGB, computed by zimg (an independent implementation) in 16 bits.</summary>
    [Theory]
    [InlineData(200, 100, 50, 214, 92, 31)]
    [InlineData(30, 180, 90, 0, 183, 78)]
    [InlineData(10, 20, 220, 7, 20, 229)]
    [InlineData(128, 128, 128, 128, 128, 128)]
    [InlineData(0, 0, 0, 0, 0, 0)]
    [InlineData(255, 255, 255, 255, 255, 255)]
    [InlineData(255, 0, 0, 255, 0, 0)]
    public void Display_p3_becomes_srgb(byte red, byte green, byte blue, int expectedRed, int expectedGreen, int expectedBlue)
    {
        RgbImage image = IccProfile.Parse(DisplayP3)!.Convert(new RgbImage(1, 1, new[] { red, green, blue }));
        Assert.InRange(image.Pixels.Span[0], expectedRed - 1, expectedRed + 1);
        Assert.InRange(image.Pixels.Span[1], expectedGreen - 1, expectedGreen + 1);
        Assert.InRange(image.Pixels.Span[2], expectedBlue - 1, expectedBlue + 1);
    }

    [Fact]
    public void A_profile_works_in_every_format_that_carries_one()
    {
        RgbImage stored = TestPictures.Smooth(41, 23);
        RgbImage expected = IccProfile.Parse(DisplayP3)!.Convert(stored);
        Assert.True(TestPictures.Difference(expected, stored) > 4);
        TestPictures.AssertEqual(expected, TestPictures.Decode(IccPictures.Png(stored, DisplayP3)));
        TestPictures.AssertEqual(expected, TestPictures.Decode(IccPictures.WebP(stored, DisplayP3)));
        TestPictures.AssertEqual(expected, TestPictures.Decode(IccPictures.Tiff(stored, DisplayP3)));
        RgbImage jpeg = TestPictures.Decode(TestPictures.Jpeg(stored));
        TestPictures.AssertEqual(IccProfile.Parse(DisplayP3)!.Convert(jpeg), TestPictures.Decode(IccPictures.Jpeg(stored, DisplayP3)));
    }

    [Fact]
    public void Srgb_leaves_every_value_as_it_is()
    {
        IccProfile profile = IccProfile.Parse(IccPictures.Profile(IccPictures.Srgb, IccPictures.SrgbCurve))!;
        Assert.True(profile.IsSrgb);
        RgbImage image = TestPictures.Smooth(9, 7);
        Assert.Same(image, profile.Convert(image));
        Assert.False(IccProfile.Parse(DisplayP3)!.IsSrgb);
        Assert.False(IccProfile.Parse(IccPictures.Profile(IccPictures.Srgb, IccPictures.Gamma(1.5)))!.IsSrgb);
    }

    [Fact]
    public void Curves_of_every_kind_agree()
    {
        // x², written in all the ways the format has.
        byte[][] curves =
        [
            IccPictures.Gamma(2),
            IccPictures.Parametric(0, 2),
            IccPictures.Parametric(1, 2, 1, 0),
            IccPictures.Parametric(2, 2, 1, 0, 0),
            IccPictures.Parametric(3, 2, 1, 0, 0, 0),
            IccPictures.Parametric(4, 2, 1, 0, 0, 0, 0, 0),
            IccPictures.Sampled([.. Enumerable.Range(0, 1024).Select(i => (ushort)Math.Round(65535 * Math.Pow(i / 1023.0, 2)))]),
        ];
        foreach (byte[] curve in curves)
        {
            RgbImage image = IccProfile.Parse(IccPictures.Profile(IccPictures.Srgb, curve))!.Convert(new RgbImage(1, 1, new byte[] { 100, 100, 100 }));

            // (100/255)² = 0.15379 is 0.4295 in sRGB: 109.5 of 255.
            Assert.All(image.Pixels.ToArray(), value => Assert.InRange(value, 109, 110));
        }
    }

    [Fact]
    public void A_linear_curve_without_samples_is_the_identity()
    {
        RgbImage image = IccProfile.Parse(IccPictures.Profile(IccPictures.Srgb, IccPictures.Sampled()))!.Convert(new RgbImage(1, 1, new byte[] { 55, 55, 55 }));

        // 55/255 = 0.21569 is 0.50174 in sRGB: 128.
        Assert.All(image.Pixels.ToArray(), value => Assert.InRange(value, 127, 129));
    }

    [Fact]
    public void A_grey_curve_is_applied()
    {
        byte[] profile = IccPictures.Assemble("GRAY", ("kTRC", IccPictures.Gamma(2)));
        RgbImage image = IccProfile.Parse(profile)!.Convert(new RgbImage(1, 1, new byte[] { 100, 100, 100 }));
        Assert.All(image.Pixels.ToArray(), value => Assert.InRange(value, 109, 110));
    }

    [Fact]
    public void Profiles_of_other_kinds_and_broken_ones_leave_the_picture_alone()
    {
        RgbImage stored = TestPictures.Smooth(9, 7);
        byte[] tables = IccPictures.Assemble("RGB ", ("A2B0", new byte[100]));
        byte[] cmyk = IccPictures.Assemble("CMYK", ("A2B0", new byte[100]));
        foreach (byte[] profile in new[] { tables, cmyk, [], new byte[500], DisplayP3[..150] })
        {
            Assert.Null(IccProfile.Parse(profile));
            TestPictures.AssertEqual(stored, TestPictures.Decode(IccPictures.WebP(stored, profile)));
        }
    }

    [Fact]
    public void A_compressed_profile_that_unpacks_to_much_is_left_aside()
    {
        byte[] png = IccPictures.Png(TestPictures.Smooth(9, 7), new byte[100_000_000]);
        Assert.InRange(png.Length, 1, 200_000);
        Assert.Null(ImageHeaderReader.ReadProfile(png, ImageFormat.Png));
    }

    [Fact]
    public void Damaged_profiles_never_throw()
    {
        RgbImage image = TestPictures.Smooth(4, 4);
        Arbitrary<(int, byte)> damage = Gen.Choose(0, DisplayP3.Length - 1)
            .SelectMany(at => Gen.Choose(0, 255).Select(value => (at, (byte)value))).ToArbitrary();
        Prop.ForAll(damage, change =>
        {
            byte[] damaged = [.. DisplayP3];
            damaged[change.Item1] = change.Item2;
            RgbImage converted = IccProfile.Parse(damaged)?.Convert(image) ?? image;
            return converted.Pixels.Length == image.Pixels.Length;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }
}
