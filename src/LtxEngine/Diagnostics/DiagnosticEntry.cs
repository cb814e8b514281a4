namespace LtxEngine;

/// <summary>One thing that the engine needs or can use on this machine.</summary>
/// <param name="Name">What it is: <c>runtime</c>, <c>ffmpeg</c>, <c>device cpu</c>, …</param>
/// <param name="IsUsable">Whether it is there and can be used.</param>
/// <param name="IsRequired">Whether the engine cannot work without it.</param>
/// <param name="Details">What was found and why it would be used, or what is missing and what to do; one fact each.</param>
public sealed record DiagnosticEntry(string Name, bool IsUsable, bool IsRequired, IReadOnlyList<string> Details);
