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
