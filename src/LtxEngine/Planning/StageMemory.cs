namespace LtxEngine.Planning;

/// <summary>What one stage of a request needs while it runs, in bytes.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Weights">Weights of its network as they are held: bf16 in kernels, fp32 in graphs; of a streamed transformer the blocks in memory.</param>
/// <param name="Parts">Activations, workspaces and what is computed from the prompt, from the shapes of the request.</param>
/// <param name="Kept">Weights of other networks that stay loaded meanwhile.</param>
internal sealed record StageMemory(GenerationStage Stage, long Weights, IReadOnlyList<MemoryPart> Parts, long Kept)
{
    /// <summary>The sum of <see cref="Parts"/>.</summary>
    public long Working => checked(Parts.Sum(part => part.Bytes));

    /// <summary>All of it.</summary>
    public long Total => checked(Weights + Working + Kept);
}
