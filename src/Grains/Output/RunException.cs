namespace AgentStream.Grains.Output;

/// <summary>A run cannot continue, for a reason that the runtime puts in words.</summary>
/// <param name="message">The reason, as the rest of a sentence.</param>
/// <param name="reason">The reason as a word: one of <see cref="FailureReasons"/>.</param>
/// <param name="publicMessage">What may be said of it where the message has foreign text in it; null for all of it.</param>
internal sealed class RunException(string message, string reason, string? publicMessage = null) : AgentStreamException(message)
{
    /// <inheritdoc/>
    public override string? PublicMessage => publicMessage ?? Message;

    /// <inheritdoc/>
    public override string? FailureReason => reason;
}

/// <summary>A stream was silent for too long.</summary>
/// <param name="message">Which one, and how long.</param>
/// <param name="inner">What ended the wait.</param>
internal sealed class SilenceException(string message, Exception inner) : TimeoutException(message, inner);
