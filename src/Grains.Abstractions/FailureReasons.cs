namespace AgentStream;

/// <summary>Why a run failed, in one word of a fixed set (docs/protocol.md): what a program can act on. A later version may have more words; take one that is not known for <see cref="Internal"/>.</summary>
public static class FailureReasons
{
    /// <summary>The model cannot be reached, is overloaded, or was silent for too long. It may help to try again.</summary>
    public const string ModelUnavailable = "model_unavailable";

    /// <summary>The model's endpoint refused the request: a key, a name or an input is wrong. It does not help to try again.</summary>
    public const string ModelRefused = "model_refused";

    /// <summary>The model gave no whole answer: it was empty, broke off, or had an error in it.</summary>
    public const string ModelFailed = "model_failed";

    /// <summary>The agent's tools could not be had. A call that fails ends no run: the model is told.</summary>
    public const string ToolFailed = "tool_failed";

    /// <summary>The run needed more than a limit of the server allows.</summary>
    public const string Limit = "limit";

    /// <summary>The server has no agent of that name.</summary>
    public const string AgentUnknown = "agent_unknown";

    /// <summary>The stream store or the journal is out of reach, or refused an operation.</summary>
    public const string StoreFailed = "store_failed";

    /// <summary>The process that ran it stopped or died, and no other continued it.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>Something else went wrong on the server.</summary>
    public const string Internal = "internal";

    private static readonly string[] All = [ModelUnavailable, ModelRefused, ModelFailed, ToolFailed, Limit, AgentUnknown, StoreFailed, Interrupted, Internal];

    /// <summary>Says whether a word is one of the set.</summary>
    /// <param name="word">The word; null for none.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsKnown(string? word) => word is not null && All.Contains(word, StringComparer.Ordinal);
}
