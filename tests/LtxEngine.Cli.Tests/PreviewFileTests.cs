using LtxEngine.Cli.Progress;

namespace LtxEngine.Cli.Tests;

public sealed class PreviewFileTests
{
    [Fact]
    public void A_file_that_cannot_be_written_is_told_once_and_every_report_is_passed_on()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ltx-preview-");
        string path = Path.Combine(folder.FullName, "clip.preview.png");
        VideoFrame picture = new(0, 1, 1, new byte[3], TimeSpan.Zero);
        using StringWriter errors = new();
        Counter next = new();
        PreviewFile file = new(path, overwrite: false, errors, next);

        file.Report(new GenerationProgress { Stage = GenerationStage.Denoising });
        Assert.False(File.Exists(path));
        file.Report(new GenerationProgress { Stage = GenerationStage.Denoising, Preview = picture });
        file.Report(new GenerationProgress { Stage = GenerationStage.Denoising, Preview = picture });
        Assert.Equal(picture.ToPng(), File.ReadAllBytes(path));
        folder.Delete(recursive: true);
        file.Report(new GenerationProgress { Stage = GenerationStage.Denoising, Preview = picture });
        file.Report(new GenerationProgress { Stage = GenerationStage.Denoising, Preview = picture });

        Assert.Equal(5, next.Reports);
        Assert.Matches(@"^warning: there is no preview any more\. Cannot write .*\n$", errors.ToString().ReplaceLineEndings("\n"));
    }

    private sealed class Counter : IProgress<GenerationProgress>
    {
        public int Reports { get; private set; }

        public void Report(GenerationProgress value) => Reports++;
    }
}
