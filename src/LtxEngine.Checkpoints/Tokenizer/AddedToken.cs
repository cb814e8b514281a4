namespace LtxEngine.Checkpoints.Tokenizer;

/// <summary>A token that is matched on the raw text before anything else.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text, UTF-8, not empty.</param>
/// <param name="IsSpecial">Whether decoding may leave it out (<c>&lt;bos&gt;</c>, <c>&lt;end_of_turn&gt;</c> …).</param>
internal sealed record AddedToken(int Id, byte[] Content, bool IsSpecial);
