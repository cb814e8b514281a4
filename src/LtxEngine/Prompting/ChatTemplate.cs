using System.Text;
using LtxEngine.Checkpoints.Tokenizer;

namespace LtxEngine.Prompting;

/// <summary>
/// The chat text with which Gemma is asked for a prompt, exactly as the original renders it.
/// </summary>
/// <remarks>
/// <c>&lt;bos&gt;&lt;start_of_turn&gt;user⏎</c> system <c>⏎⏎</c> user <c>&lt;end_of_turn&gt;⏎&lt;start_of_turn&gt;model⏎</c>. Gemma has no
/// system turn, so the system text opens the user's. The tokenizer puts a second <c>&lt;bos&gt;</c> in front; the original runs with both.
/// The user's text is stripped of white space at its ends once the prompt stands in it; the system text is not.
/// </remarks>
internal static class ChatTemplate
{
    /// <summary>Stands for the image until its soft tokens are written out.</summary>
    public const string ImageMarker = "<start_of_image>";

    private const string SoftToken = "<image_soft_token>";

    /// <summary>Asks for a prompt of a clip made from text alone.</summary>
    /// <param name="system">The instructions.</param>
    /// <param name="prompt">The user's prompt.</param>
    public static string Render(string system, string prompt) => RenderTurn(system, PythonText.Strip($"user prompt: {prompt}"));

    /// <summary>Asks for a prompt of a clip that begins with an image, which stands as <see cref="ImageMarker"/>.</summary>
    /// <param name="system">The instructions.</param>
    /// <param name="prompt">The user's prompt.</param>
    public static string RenderWithImage(string system, string prompt) => RenderTurn(system, ImageMarker + ImageRequest(prompt));

    /// <summary>The same with the image's places written out: <c>⏎⏎&lt;start_of_image&gt;</c>, the soft tokens, <c>&lt;end_of_image&gt;⏎⏎</c>.</summary>
    /// <param name="system">The instructions.</param>
    /// <param name="prompt">The user's prompt; a marker or soft token that it spells is left as it is.</param>
    /// <param name="softTokens">The number of places, at least 1 (256 in the published model).</param>
    public static string RenderWithImage(string system, string prompt, int softTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(softTokens, 1);
        StringBuilder image = new($"\n\n{ImageMarker}");
        return RenderTurn(system, image.Insert(image.Length, SoftToken, softTokens).Append("<end_of_image>\n\n").Append(ImageRequest(prompt)).ToString());
    }

    private static string ImageRequest(string prompt) => PythonText.Strip($"User Raw Input Prompt: {prompt}.");

    private static string RenderTurn(string system, string user) =>
        $"<bos><start_of_turn>user\n{system}\n\n{user}<end_of_turn>\n<start_of_turn>model\n";
}
