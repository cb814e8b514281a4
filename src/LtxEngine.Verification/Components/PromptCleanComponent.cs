using LtxEngine.Prompting;

namespace LtxEngine.Verification.Components;

/// <summary>Generated texts to clean prompts.</summary>
internal sealed class PromptCleanComponent : IComponentRunner
{
    /// <inheritdoc/>
    public string Component => "prompt_clean";

    /// <inheritdoc/>
    public void Run(ReferenceCase referenceCase, CaseOutputs outputs, VerificationContext context) =>
        outputs.SetExpected(referenceCase.Parameters.GetProperty("texts").EnumerateArray().Select(text => PromptCleaner.Clean(text.GetString()!)).ToArray());
}
