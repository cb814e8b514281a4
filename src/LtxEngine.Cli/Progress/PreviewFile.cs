namespace LtxEngine.Cli.Progress;

/// <summary>Shows the clip in a PNG file while it is denoised. A file that cannot be written is told once; the clip goes on without it.</summary>
/// <param name="path">The file.</param>
/// <param name="overwrite">Whether it may be there already.</param>
/// <param name="errors">Where a failure is told.</param>
/// <param name="next">Gets every report as well.</param>
internal sealed class PreviewFile(string path, bool overwrite, TextWriter errors, IProgress<GenerationProgress> next) : IProgress<GenerationProgress>
{
    private bool _isOurs = overwrite;
    private bool _hasFailed;

    /// <inheritdoc/>
    public void Report(GenerationProgress value)
    {
        if (value.Preview is { } picture && !_hasFailed)
        {
            try
            {
                picture.SavePng(path, _isOurs);
                _isOurs = true;
            }
            catch (MediaException exception)
            {
                _hasFailed = true;
                errors.WriteLine($"warning: there is no preview any more. {exception.Message}");
            }
        }

        next.Report(value);
    }
}
