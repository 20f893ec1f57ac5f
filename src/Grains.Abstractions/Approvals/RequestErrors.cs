namespace AgentStream;

/// <summary>The session has no such request: it never had it, or a later prompt has declined it. Nothing was changed.</summary>
/// <param name="request">The id that was given.</param>
[GenerateSerializer, Alias("AgentStream.UnknownRequestException")]
public sealed class UnknownRequestException(string request)
    : AgentStreamException($"The session has no request '{request}': it never had it, or a later prompt has declined it.")
{
    /// <summary>The id that was given.</summary>
    [Id(0)]
    public string Request { get; } = request;

    /// <inheritdoc/>
    public override string? PublicMessage => Message;
}

/// <summary>The request has another answer already. Nothing was changed.</summary>
/// <param name="request">The request.</param>
[GenerateSerializer, Alias("AgentStream.RequestAnsweredException")]
public sealed class RequestAnsweredException(string request) : AgentStreamException($"The request '{request}' has another answer already; the first one counts.")
{
    /// <summary>The request.</summary>
    [Id(0)]
    public string Request { get; } = request;

    /// <inheritdoc/>
    public override string? PublicMessage => Message;
}

/// <summary>The run has ended because it waits for somebody. Another continues it when all requests have their answers.</summary>
/// <param name="session">The session, as <see cref="SessionKey.ToString"/> writes it.</param>
/// <param name="requests">What it waits for.</param>
[GenerateSerializer, Alias("AgentStream.RunPausedException")]
public sealed class RunPausedException(string session, IReadOnlyList<PendingRequest> requests)
    : AgentStreamException($"The run of session {session} waits for an answer about {string.Join(", ", requests.Select(request => request.ToolName))}.")
{
    /// <summary>The session, as <see cref="SessionKey.ToString"/> writes it.</summary>
    [Id(0)]
    public string Session { get; } = session;

    /// <summary>What it waits for.</summary>
    [Id(1)]
    public IReadOnlyList<PendingRequest> Requests { get; } = requests;

    /// <inheritdoc/>
    public override string? PublicMessage => Message;
}
