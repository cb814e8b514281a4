namespace LtxEngine.Server.Http;

/// <summary>Which of the hosted service's hosts a request is meant for.</summary>
internal enum ApiArea
{
    /// <summary>None said: runs and the queue's routes by their paths.</summary>
    Bare,

    /// <summary>Synchronous runs (fal.run).</summary>
    Run,

    /// <summary>The queue (queue.fal.run).</summary>
    Queue,

    /// <summary>Uploads and tokens (rest.fal.ai).</summary>
    Rest,

    /// <summary>Files (v3.fal.media).</summary>
    Cdn,
}
