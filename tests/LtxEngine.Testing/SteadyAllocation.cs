namespace LtxEngine.Testing;

/// <summary>
/// Managed bytes that an action allocates on the calling thread every time it runs.
/// <para>
/// The runtime itself allocates on that thread now and then: a method is compiled or a type loaded when it is first needed, and which
/// thread needs it first depends on which task of a shared job it took. Such bytes are paid once, those of the action in every run.
/// </para>
/// </summary>
public static class SteadyAllocation
{
    private const int QuietRuns = 3;
    private const int MaximumRuns = 20;

    /// <summary>Repeats the action until three runs in a row have allocated nothing.</summary>
    /// <returns>0, or what the last run that did allocate allocated if there were no three such runs among twenty.</returns>
    public static long Of(Action action) => OfMeasured(() =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    });

    /// <summary>The same for a run that measures itself, for instance only the steps after its first.</summary>
    /// <param name="run">Runs and returns the bytes that count.</param>
    /// <returns>0, or what the last run that did allocate allocated if there were no three such runs among twenty.</returns>
    public static long OfMeasured(Func<long> run)
    {
        long last = 0;
        int quiet = 0;
        for (int runs = 0; runs < MaximumRuns && quiet < QuietRuns; runs++)
        {
            long allocated = run();
            quiet = allocated == 0 ? quiet + 1 : 0;
            last = allocated == 0 ? last : allocated;
        }

        return quiet == QuietRuns ? 0 : last;
    }
}
