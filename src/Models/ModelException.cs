namespace AgentStream;

/// <summary>
/// A model gave no answer, or not a whole one. The message says what went wrong in one sentence, with the endpoint's own words where it
/// sent some; <see cref="PublicMessage"/> does without those. The API key is in neither.
/// </summary>
public sealed class ModelException : AgentStreamException
{
    internal ModelException(string message, string publicMessage, string reason, int? status = null, Exception? inner = null)
        : base(message, inner) => (PublicMessage, FailureReason, Status) = (publicMessage, reason, status);

    /// <inheritdoc/>
    public override string? PublicMessage { get; }

    /// <inheritdoc/>
    public override string? FailureReason { get; }

    /// <summary>The HTTP status that the endpoint answered with; null when it gave none, or when its answer had begun.</summary>
    public int? Status { get; }
}
