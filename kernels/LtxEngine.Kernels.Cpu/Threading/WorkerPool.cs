using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace LtxEngine.Kernels.Cpu.Threading;

/// <summary>
/// Persistent threads that share the tasks of one job at a time. A job is a static function, a pointer to its arguments on the
/// caller's stack, and a number of tasks; tasks are handed out one by one by an atomic counter, so a busy core simply takes fewer.
/// <para>
/// The caller works too and returns when all tasks are done. It waits only for workers that have joined: one that wakes late finds
/// the job closed and goes back to sleep. Workers spin for some microseconds between jobs, because operations follow each other
/// closely, then park. Nothing is allocated per job. Jobs must give every element the same arithmetic in whichever task and on
/// whichever thread it runs; that is what makes results independent of the number of threads.
/// </para>
/// </summary>
internal sealed unsafe class WorkerPool : IDisposable
{
    private const int Free = 0;
    private const int RunningOperation = 1;
    private const int RunningPreparation = 2;

    private static readonly long SpinTicks = Stopwatch.Frequency / 40_000;

    private readonly Thread[] _workers;
    private readonly AutoResetEvent[] _wakeUps;
    private readonly int[] _parked;
    private SharedState _state;
    private delegate*<void*, int, int, void> _function;
    private void* _arguments;
    private int _taskCount;
    private int _running;
    private ExceptionDispatchInfo? _failure;
    private bool _disposed;

    /// <summary>Starts the workers.</summary>
    /// <param name="threads">Threads that work on a job, the caller included; ≥ 1.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _workers = new Thread[threads - 1];
        _wakeUps = new AutoResetEvent[threads - 1];
        _parked = new int[threads - 1];
        for (int index = 0; index < _workers.Length; index++)
        {
            int worker = index;
            _wakeUps[index] = new AutoResetEvent(initialState: false);
            _workers[index] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"ltx-cpu-{index + 1}" };
            _workers[index].Start();
        }
    }

    /// <summary>Threads that work on a job, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Runs a job and returns when all its tasks are done.</summary>
    /// <param name="function">Called with the arguments, the task's number and the number of the thread (0 is the caller).</param>
    /// <param name="arguments">Handed to every task.</param>
    /// <param name="taskCount">Number of tasks, ≥ 0.</param>
    /// <exception cref="InvalidOperationException">Another thread is running a job: a device takes one operation at a time.</exception>
    public void Run(delegate*<void*, int, int, void> function, void* arguments, int taskCount)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SpinWait wait = default;
        int running;
        while ((running = Interlocked.CompareExchange(ref _running, RunningOperation, Free)) != Free)
        {
            if (running == RunningOperation)
            {
                throw new InvalidOperationException("Two threads use one CPU device at the same time; operations must come one after the other.");
            }

            wait.SpinOnce();
        }

        RunClaimed(function, arguments, taskCount);
    }

    /// <summary>
    /// Runs a job of preparation (packing a weight) from any thread: it waits for the running job, and operations wait for it, so that
    /// weights can be streamed in beside a network.
    /// </summary>
    /// <param name="function">Called with the arguments, the task's number and the number of the thread (0 is the caller).</param>
    /// <param name="arguments">Handed to every task.</param>
    /// <param name="taskCount">Number of tasks, ≥ 0.</param>
    public void RunPreparation(delegate*<void*, int, int, void> function, void* arguments, int taskCount)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SpinWait wait = default;
        while (Interlocked.CompareExchange(ref _running, RunningPreparation, Free) != Free)
        {
            wait.SpinOnce();
        }

        RunClaimed(function, arguments, taskCount);
    }

    private void RunClaimed(delegate*<void*, int, int, void> function, void* arguments, int taskCount)
    {
        try
        {
            if (taskCount <= 1 || _workers.Length == 0)
            {
                for (int task = 0; task < taskCount; task++)
                {
                    function(arguments, task, 0);
                }
            }
            else
            {
                RunShared(function, arguments, taskCount);
            }
        }
        finally
        {
            Volatile.Write(ref _running, Free);
        }
    }

    /// <summary>Ends the workers.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Volatile.Write(ref _state.Stopping, 1);
        Interlocked.Increment(ref _state.Generation);
        for (int index = 0; index < _workers.Length; index++)
        {
            WakeUp(index);
        }

        for (int index = 0; index < _workers.Length; index++)
        {
            _workers[index].Join();
            _wakeUps[index].Dispose();
        }
    }

    private void RunShared(delegate*<void*, int, int, void> function, void* arguments, int taskCount)
    {
        _function = function;
        _arguments = arguments;
        _taskCount = taskCount;
        Volatile.Write(ref _state.NextTask, 0);

        // Opening the job publishes the fields above; the new generation is what waiting workers look at.
        Interlocked.Exchange(ref _state.IsOpen, 1);
        Interlocked.Increment(ref _state.Generation);
        int helpers = Math.Min(_workers.Length, taskCount - 1);
        for (int index = 0; index < helpers; index++)
        {
            WakeUp(index);
        }

        TakeTasks(worker: 0);

        // Closing and then looking at the joined workers mirrors their joining and then looking whether the job is open. With full
        // fences on both sides either the caller sees the worker or the worker sees the closed job.
        Interlocked.Exchange(ref _state.IsOpen, 0);
        SpinWait wait = default;
        while (Volatile.Read(ref _state.Joined) != 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        if (_failure is { } failure)
        {
            _failure = null;
            failure.Throw();
        }
    }

    private void TakeTasks(int worker)
    {
        try
        {
            int task;
            while ((task = Interlocked.Increment(ref _state.NextTask) - 1) < _taskCount)
            {
                _function(_arguments, task, worker);
            }
        }
        catch (Exception exception)
        {
            // Kept for the caller: an exception that leaves a worker thread would end the process.
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            Volatile.Write(ref _state.NextTask, int.MaxValue / 2);
        }
    }

    private void Work(int index)
    {
        int seen = 0;
        while (true)
        {
            WaitForNext(index, seen);
            seen = Volatile.Read(ref _state.Generation);
            if (Volatile.Read(ref _state.Stopping) != 0)
            {
                return;
            }

            Interlocked.Increment(ref _state.Joined);
            if (Volatile.Read(ref _state.IsOpen) != 0)
            {
                TakeTasks(index + 1);
            }

            Interlocked.Decrement(ref _state.Joined);
        }
    }

    private void WaitForNext(int index, int seen)
    {
        long deadline = Stopwatch.GetTimestamp() + SpinTicks;
        do
        {
            for (int i = 0; i < 16; i++)
            {
                if (Volatile.Read(ref _state.Generation) != seen)
                {
                    return;
                }

                Thread.SpinWait(4);
            }
        }
        while (Stopwatch.GetTimestamp() < deadline);

        Interlocked.Exchange(ref _parked[index], 1);
        bool nothingNew = Volatile.Read(ref _state.Generation) == seen;

        // Whoever clears the flag decides: if the caller did, its signal is on the way and has to be consumed.
        if (nothingNew || Interlocked.Exchange(ref _parked[index], 0) == 0)
        {
            _wakeUps[index].WaitOne();
        }
    }

    private void WakeUp(int index)
    {
        if (Interlocked.Exchange(ref _parked[index], 0) != 0)
        {
            _wakeUps[index].Set();
        }
    }

    /// <summary>What all threads write to, each on its own pair of cache lines (processors fetch lines in pairs).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 640)]
    private struct SharedState
    {
        /// <summary>Counts jobs; a change tells waiting workers that there is one.</summary>
        [FieldOffset(128)]
        public int Generation;

        /// <summary>Whether workers may join the current job.</summary>
        [FieldOffset(256)]
        public int IsOpen;

        /// <summary>The next task to hand out.</summary>
        [FieldOffset(384)]
        public int NextTask;

        /// <summary>Workers that are inside a job.</summary>
        [FieldOffset(512)]
        public int Joined;

        /// <summary>Whether the threads shall end.</summary>
        [FieldOffset(132)]
        public int Stopping;
    }
}
