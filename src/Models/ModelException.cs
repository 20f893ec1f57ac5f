namespace AgentStream.Models;

/// <summary>
/// A model gave no answer, or not a whole one. The message says what went wrong in one sentence, with the endpoint's own words where it
/// sent some; the API key is never in it.
/// </summary>
public sealed class ModelException : Exception
{
    internal ModelException(string message, int? status = null, Exception? inner = null)
        : base(message, inner) => Status = status;

    /// <summary>The HTTP status that the endpoint answered with; null when it gave none, or when its answer had begun.</summary>
    public int? Status { get; }
}
