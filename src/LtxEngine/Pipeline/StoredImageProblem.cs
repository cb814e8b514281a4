namespace LtxEngine.Pipeline;

/// <summary>An image of stored settings that is missing or was changed.</summary>
/// <param name="Placeholder">Stands in the request; a request that still holds it cannot be run.</param>
/// <param name="Error">What to tell.</param>
internal sealed record StoredImageProblem(ImageSource Placeholder, RequestError Error)
{
    /// <summary>Whether a request still needs the image.</summary>
    /// <param name="request">The request.</param>
    public bool Concerns(GenerationRequest request) => ReferenceEquals(request.Image, Placeholder)
        || ReferenceEquals(request.EndImage, Placeholder)
        || request.Images.Any(image => ReferenceEquals(image.Image, Placeholder));
}
