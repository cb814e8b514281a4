namespace LtxEngine.Cli.Progress;

/// <summary>Shows how far a request is. Called from the engine's thread.</summary>
internal interface IProgressView : IProgress<GenerationProgress>, IDisposable;
