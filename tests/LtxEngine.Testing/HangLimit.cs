using System.Runtime.CompilerServices;

namespace LtxEngine.Testing;

/// <summary>
/// How long tests wait for what must happen. It ends hangs and nothing else: what a test shows never depends on it, so it lies far beyond what
/// the slowest machine needs.
/// </summary>
public static class HangLimit
{
    /// <summary>The time.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>The same in the unit of browsers.</summary>
    public static int Milliseconds => (int)Time.TotalMilliseconds;

    /// <summary>Asks until a condition holds.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="text">Its text, for the message.</param>
    /// <exception cref="TimeoutException">It never held.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        long end = Environment.TickCount64 + Milliseconds;
        while (!await condition())
        {
            if (Environment.TickCount64 > end)
            {
                throw new TimeoutException($"It did not come true within {Time}: {text}");
            }

            await Task.Delay(Pause);
        }
    }

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}}, string)"/>
    public static Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string text = "") => UntilAsync(() => Task.FromResult(condition()), text);
}
