namespace LtxEngine;

/// <summary>
/// Judges what must not be made, for requests that switch it on (<see cref="GenerationRequest.EnableSafetyChecker"/>). The engine's own
/// checker follows <see cref="PromptRules"/> and the image classifier of the model folder; put another in its place with
/// <see cref="LtxPipelineOptions.SafetyChecker"/> or by registering one in the host's container.
/// </summary>
/// <remarks>
/// Called from several threads at once, and for frames from the thread of the device, which waits for the answer. An exception ends the
/// request: what could not be judged is not made.
/// </remarks>
public interface ISafetyChecker
{
    /// <summary>Judges a text before anything is computed from it.</summary>
    /// <param name="field">Where it comes from: <c>prompt</c> (also once it was expanded) or <c>negative_prompt</c>.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The verdict.</returns>
    ValueTask<SafetyVerdict> CheckTextAsync(string field, string text, CancellationToken cancellationToken = default);

    /// <summary>Judges an image of the request, or a frame before it is handed out.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The verdict.</returns>
    ValueTask<SafetyVerdict> CheckImageAsync(SafetyImage image, CancellationToken cancellationToken = default);
}
