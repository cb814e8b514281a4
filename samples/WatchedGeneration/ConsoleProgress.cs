using LtxEngine;

namespace WatchedGeneration;

/// <summary>Shows how far a clip is: a line for each step, and the newest picture in a file. Called on the pipeline's thread, which waits meanwhile.</summary>
/// <param name="previewPath">The file of the picture.</param>
internal sealed class ConsoleProgress(string previewPath) : IProgress<GenerationProgress>
{
    private (GenerationStage Stage, int Step) _last;

    /// <inheritdoc/>
    public void Report(GenerationProgress value)
    {
        value.Preview?.SavePng(previewPath, overwrite: true);
        if (_last != (value.Stage, value.Step))
        {
            _last = (value.Stage, value.Step);
            Console.WriteLine($"{value.Stage} {value.Step}/{value.Steps}, {value.StageRemaining?.TotalSeconds ?? double.NaN:0.0} s left");
        }
    }
}
