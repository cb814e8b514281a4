using System.Runtime.InteropServices;
using LtxEngine.Kernels.Cpu.Threading;

namespace LtxEngine.Kernels.Cpu.Tests;

public sealed unsafe class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Every_task_runs_exactly_once(int threads)
    {
        using WorkerPool pool = new(threads);
        foreach (int tasks in new[] { 0, 1, 2, 3, 100, 1, 5000 })
        {
            int[] counts = new int[tasks + 1];
            fixed (int* first = counts)
            {
                pool.Run(&Count, first, tasks);
            }

            Assert.All(counts[..tasks], count => Assert.Equal(1, count));
            Assert.Equal(0, counts[tasks]);
        }
    }

    [Fact]
    public void Many_short_jobs_neither_lose_nor_repeat_tasks()
    {
        using WorkerPool pool = new(4);
        long total = 0;
        for (int i = 0; i < 20_000; i++)
        {
            pool.Run(&AddOne, &total, 1 + (i % 5));
        }

        Assert.Equal(20_000 * 3, total);
    }

    [Fact]
    public void Workers_wake_up_after_they_have_parked()
    {
        using WorkerPool pool = new(3);
        for (int i = 0; i < 5; i++)
        {
            // Idle workers park well before; one that had not would not make the test fail, only show less.
            Thread.Sleep(20);
            int arrived = 0;

            // The tasks wait for each other: this ends only when all three threads take part.
            pool.Run(&Meet, &arrived, 3);
            Assert.Equal(3, arrived);
        }
    }

    [Fact]
    public void Workers_allocate_no_managed_memory()
    {
        using WorkerPool pool = new(3);
        AllocationJob job = default;
        Span<long> before = new(job.Before, 3);
        Span<long> after = new(job.After, 3);

        // Each round notes what each thread has allocated since the round before. The runtime allocates now and then what it needs once, a pool that
        // allocates does so in each round.
        int quiet = 0;
        for (int round = 0; round < 20 && quiet < 3; round++)
        {
            job.Arrived = 0;
            pool.Run(&RecordAllocated, &job, 3);
            quiet = before.SequenceEqual(after) ? quiet + 1 : 0;
        }

        Assert.True(quiet == 3, $"{string.Join(", ", before.ToArray())} / {string.Join(", ", after.ToArray())}");
    }

    [Fact]
    public void An_exception_reaches_the_caller_and_the_pool_goes_on()
    {
        using WorkerPool pool = new(3);
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<NotSupportedException>(() => pool.Run(&Fail, null, 50));
        }

        long total = 0;
        pool.Run(&AddOne, &total, 10);
        Assert.Equal(10, total);
    }

    [Fact]
    public void A_job_inside_a_job_is_refused()
    {
        using WorkerPool pool = new(2);
        nint handle = (nint)GCHandle.ToIntPtr(GCHandle.Alloc(pool));
        Assert.Throws<InvalidOperationException>(() => pool.Run(&Nest, (void*)handle, 1));
        GCHandle.FromIntPtr(handle).Free();
    }

    [Fact]
    public void Disposing_twice_is_harmless_and_ends_the_pool()
    {
        WorkerPool pool = new(3);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(&Fail, null, 1));
    }

    private static void Count(void* arguments, int task, int worker) => Interlocked.Increment(ref ((int*)arguments)[task]);

    private static void AddOne(void* arguments, int task, int worker) => Interlocked.Increment(ref *(long*)arguments);

    private static void Meet(void* arguments, int task, int worker)
    {
        Interlocked.Increment(ref *(int*)arguments);
        while (Volatile.Read(ref *(int*)arguments) < 3)
        {
            Thread.Yield();
        }
    }

    private static void RecordAllocated(void* arguments, int task, int worker)
    {
        AllocationJob* job = (AllocationJob*)arguments;
        job->Before[worker] = job->After[worker];
        job->After[worker] = GC.GetAllocatedBytesForCurrentThread();
        Meet(&job->Arrived, task, worker);
    }

    private static void Fail(void* arguments, int task, int worker) => throw new NotSupportedException();

    private static void Nest(void* arguments, int task, int worker)
    {
        WorkerPool pool = (WorkerPool)GCHandle.FromIntPtr((nint)arguments).Target!;
        pool.Run(&Fail, null, 1);
    }

    private struct AllocationJob
    {
        public fixed long Before[3];
        public fixed long After[3];
        public int Arrived;
    }
}
