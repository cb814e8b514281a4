namespace LtxEngine.Planning;

/// <content>Acceleration.</content>
internal static partial class GenerationPlanner
{
    /// <summary>Of the first stage; a second stage has three steps, which are always computed.</summary>
    private static AccelerationSettings? Acceleration(GenerationRequest request, int steps, ModelProfile model, ErrorList errors, List<string> warnings)
    {
        errors.Require(Enum.IsDefined(request.Acceleration), "acceleration", request.Acceleration, "none, regular, high, full");
        AccelerationSettings? settings = AccelerationSettings.Of(request.Acceleration);
        if (settings is null || (!model.IsDistilled && steps > AccelerationSettings.TooFewSteps))
        {
            return settings;
        }

        warnings.Add(model.IsDistilled
            ? "acceleration is ignored: the steps of a distilled checkpoint are too far apart to reuse what earlier ones computed."
            : $"acceleration is ignored: {steps} steps are too far apart to reuse what earlier ones computed; it needs more than {AccelerationSettings.TooFewSteps}.");
        return null;
    }
}
