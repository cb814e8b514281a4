using System.Runtime.InteropServices;
using LtxEngine.Checkpoints.Tokenizer;
using LtxEngine.Graphs.Text;
using LtxEngine.Graphs.Text.Vision;
using LtxEngine.Media.Images;
using LtxEngine.Tensors;

namespace LtxEngine.Prompting;

/// <summary>
/// Lets the text model write out a short prompt: chat text → tokens, drawn one by one with a seed → clean prompt. With an image and a
/// vision tower the model sees the image. Not thread-safe, like the model it runs.
/// </summary>
/// <remarks>
/// Equal prompt, image, seed and settings give the same text for any number of threads. The original's random numbers differ, so a seed
/// gives another text there.
/// </remarks>
internal sealed class PromptExpander
{
    private readonly ITextModel _model;
    private readonly GemmaTokenizer _tokenizer;
    private readonly PromptExpansionSettings _settings;
    private readonly GemmaVisionTower? _vision;

    /// <summary>Creates an expander.</summary>
    /// <param name="model">The text model; stays the caller's.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="settings">How to write; see <see cref="PromptExpansionSettings.Read"/>.</param>
    /// <param name="vision">Its vision tower, where it has one; stays the caller's.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public PromptExpander(ITextModel model, GemmaTokenizer tokenizer, PromptExpansionSettings settings, GemmaVisionTower? vision = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.MaximumNewTokens, 1, nameof(PromptExpansionSettings.MaximumNewTokens));
        settings.Sampling.Check();
        _model = model;
        _tokenizer = tokenizer;
        _settings = settings;
        _vision = vision;
    }

    /// <summary>Expands a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="seed">The seed of the random numbers.</param>
    /// <param name="image">The picture that the clip begins with, at any size; null for none.</param>
    /// <param name="progress">Is told after every layer of the text model.</param>
    /// <param name="cancellationToken">Cancels within one operation of one layer.</param>
    /// <returns>The prompt to use. A text that cannot be used gives the original prompt and a warning that says why.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ModelFormatException">The tokenizer and the text model do not belong together.</exception>
    public PromptExpansion Expand(
        string prompt, long seed, RgbImage? image = null, IProgress<PromptExpansionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (_tokenizer.Encode(prompt).Length > GemmaTokenizer.DefaultMaximumLength)
        {
            string tooLong = $"it is already longer than the {GemmaTokenizer.DefaultMaximumLength} tokens that the text encoder reads";
            return Keep(prompt, tooLong, generatedTokens: 0);
        }

        string? remark = image is not null && _vision is null ? "The text model is stored without a vision tower, so the prompt was expanded without seeing the image." : null;
        (int[] ids, ImageTokens? tokens) = image is not null && _vision is not null
            ? Ask(prompt, image, _vision, cancellationToken)
            : (_tokenizer.Encode(ChatTemplate.Render(_settings.TextSystemPrompt, prompt)), null);
        List<int> written = Write(ids, tokens, seed, progress, cancellationToken);
        bool isCut = !_settings.StopIds.Contains(written[^1]);
        // The stop id is no part of the text, whether the tokenizer calls it special or not.
        ReadOnlySpan<int> answer = CollectionsMarshal.AsSpan(written);
        string text = _tokenizer.Decode(isCut ? answer : answer[..^1], skipSpecialTokens: true);

        // A cut may go through a character of several bytes.
        text = PythonText.Strip(PromptCleaner.Clean(isCut ? text.TrimEnd('\uFFFD') : text));
        if (FindProblem(text) is string problem)
        {
            return Keep(prompt, problem, written.Count);
        }

        if (isCut)
        {
            string cut = $"The expanded prompt was cut after {written.Count} tokens.";
            remark = remark is null ? cut : $"{remark} {cut}";
        }

        return new PromptExpansion(text, IsExpanded: true, remark, written.Count);
    }

    private static PromptExpansion Keep(string prompt, string reason, int generatedTokens) =>
        new(prompt, IsExpanded: false, $"The prompt was not expanded and is used as it stands: {reason}.", generatedTokens);

    private static string? FindProblem(string text) => text switch
    {
        "" => "the text model answered with nothing",
        _ when PromptCleaner.FindLetter(text) < 0 => "the text model's answer has no letter",
        _ when text.Contains('\uFFFD', StringComparison.Ordinal) => "the text model's answer holds bytes that are no text",
        _ => null,
    };

    private (int[] Ids, ImageTokens Image) Ask(string prompt, RgbImage image, GemmaVisionTower vision, CancellationToken cancellationToken)
    {
        int[] ids = _tokenizer.Encode(ChatTemplate.RenderWithImage(_settings.ImageSystemPrompt, prompt, vision.TokenCount));

        // The first run is the template's: what the user's prompt spells comes after it.
        int imageTokenId = _model.Configuration.ImageTokenId;
        int start = Array.IndexOf(ids, imageTokenId);
        if (start < 0 || ids.AsSpan(start, Math.Min(vision.TokenCount, ids.Length - start)).ContainsAnyExcept(imageTokenId))
        {
            throw new ModelFormatException(
                $"The tokenizer does not give the image's places the id {imageTokenId} that the text model's config.json states (image_token_index); they do not belong together.");
        }

        HostTensor pixels = VisionPreprocessor.Prepare(image, vision.ImageSize);
        return (ids, new ImageTokens(start, vision.Encode(pixels, progress: null, cancellationToken).Tokens));
    }

    /// <summary>Draws tokens until a stop id, which is the last of them, or the limit.</summary>
    private List<int> Write(int[] ids, ImageTokens? image, long seed, IProgress<PromptExpansionProgress>? progress, CancellationToken cancellationToken)
    {
        TokenSampler sampler = new(_settings.Sampling);
        SplitMixRandom random = new(seed);
        using KeyValueCache cache = _model.CreateCache();
        List<int> written = [];
        LayerProgress? layers = progress is null ? null : new LayerProgress(progress, written, _settings.MaximumNewTokens, _model.Configuration.LayerCount);
        float[] logits = _model.Decode(ids, cache, image, observer: null, layers, cancellationToken);
        while (true)
        {
            int next = sampler.Sample(logits, random.NextDouble());
            written.Add(next);
            if (written.Count == _settings.MaximumNewTokens || _settings.StopIds.Contains(next))
            {
                return written;
            }

            logits = _model.Decode([next], cache, image: null, observer: null, layers, cancellationToken);
        }
    }

    /// <summary>Reports at once on the caller's thread, unlike <see cref="Progress{T}"/>.</summary>
    private sealed class LayerProgress(IProgress<PromptExpansionProgress> progress, List<int> written, int maximum, int layers) : IProgress<int>
    {
        public void Report(int value) => progress.Report(new PromptExpansionProgress(written.Count, maximum, value, layers));
    }
}
