namespace LtxEngine.Diffusion.Samplers;

/// <summary>
/// The model as the loop sees it: one synchronous forward pass that predicts the clean latents of all streams.
/// Implement it to run another network, or an analytic function in a test.
/// </summary>
public interface IDenoiser
{
    /// <summary>
    /// Predicts x0 for the latents in <see cref="DenoiserRequest.State"/> and writes it to <see cref="DenoiserRequest.Prediction"/> of every enabled
    /// stream. A network that predicts velocity converts it with <see cref="Latents.LatentState.VelocityToDenoised"/>.
    /// </summary>
    /// <param name="request">What to run; valid during the call only.</param>
    void Denoise(DenoiserRequest request);
}
