namespace AgentStream;

/// <summary>What AgentStream throws at its callers; each kind is a class of its own.</summary>
[GenerateSerializer, Alias("AgentStream.AgentStreamException")]
public abstract class AgentStreamException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was tried and why it did not go.</param>
    /// <param name="inner">What caused it, if anything did.</param>
    protected AgentStreamException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>
    /// What users and models may be told: a sentence without addresses, keys or foreign text. Null when there is nothing but generic words, unless
    /// <see cref="AgentStreamOptions.IncludeDetailedErrors"/> is on.
    /// </summary>
    public virtual string? PublicMessage => null;

    /// <summary>What a run that this ends says as its reason: one of <see cref="FailureReasons"/>. Null for what the run did when it was thrown.</summary>
    public virtual string? FailureReason => null;
}

/// <summary>
/// What a tool throws to say something to the model: the order does not exist, the account is closed. The model and the listeners get the message word for word, whatever
/// <see cref="AgentStreamOptions.IncludeDetailedErrors"/> says. Of any other exception they hear only that the tool failed.
/// </summary>
[GenerateSerializer, Alias("AgentStream.ToolException")]
public class ToolException : AgentStreamException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What the model is told, as one or more sentences. Users see it, too.</param>
    /// <param name="inner">What caused it, for the log; null when nothing did.</param>
    public ToolException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <inheritdoc/>
    public sealed override string? PublicMessage => Message;
}

/// <summary>An input breaks a rule. Nothing was changed.</summary>
/// <param name="field">The field, as the wire names it.</param>
/// <param name="rule">The rule, as the rest of a sentence that starts with the field's name.</param>
[GenerateSerializer, Alias("AgentStream.InvalidInputException")]
public sealed class InvalidInputException(string field, string rule) : AgentStreamException($"{field} {rule}")
{
    /// <summary>The field, as the wire names it.</summary>
    [Id(0)]
    public string Field { get; } = field;

    /// <summary>The rule, as the rest of a sentence that starts with the field's name.</summary>
    [Id(1)]
    public string Rule { get; } = rule;

    /// <inheritdoc/>
    public override string? PublicMessage => Message;
}

/// <summary>The session has a run under way, so another cannot start. Nothing was changed.</summary>
/// <param name="session">The session, as <see cref="SessionKey.ToString"/> writes it.</param>
/// <param name="reason">Whose run it is.</param>
[GenerateSerializer, Alias("AgentStream.SessionBusyException")]
public sealed class SessionBusyException(string session, string reason)
    : AgentStreamException($"Session {session} is busy: {reason}. Follow that run, cancel it, or start again after its end.")
{
    /// <summary>The session, as <see cref="SessionKey.ToString"/> writes it.</summary>
    [Id(0)]
    public string Session { get; } = session;

    /// <inheritdoc/>
    public override string? PublicMessage => Message;
}

/// <summary>Another prompt of the session had the same idempotency key. Nothing was changed.</summary>
/// <param name="key">The key.</param>
[GenerateSerializer, Alias("AgentStream.IdempotencyConflictException")]
public sealed class IdempotencyConflictException(string key)
    : AgentStreamException($"The idempotency key '{key}' was given to another prompt of this session; each prompt needs a key of its own.")
{
    /// <summary>The key.</summary>
    [Id(0)]
    public string Key { get; } = key;

    /// <inheritdoc/>
    public override string? PublicMessage => Message;
}

/// <summary>The user may not use an agent: a policy that it requires is not met. Nothing was changed.</summary>
/// <param name="agent">The agent's name.</param>
/// <param name="policy">The policy's name.</param>
[GenerateSerializer, Alias("AgentStream.PolicyNotMetException")]
public sealed class PolicyNotMetException(string agent, string policy)
    : AgentStreamException($"The agent '{agent}' is for users who meet the policy '{policy}'.")
{
    /// <summary>The agent's name.</summary>
    [Id(0)]
    public string Agent { get; } = agent;

    /// <summary>The policy's name.</summary>
    [Id(1)]
    public string Policy { get; } = policy;

    /// <inheritdoc/>
    public override string? PublicMessage => Message;
}

/// <summary>No agent of that name is registered. Nothing was changed.</summary>
/// <param name="agent">The name that was asked for.</param>
/// <param name="known">The names that are registered, for the message; null where they are not told. Users hear them only with <see cref="AgentStreamOptions.IncludeDetailedErrors"/>.</param>
[GenerateSerializer, Alias("AgentStream.UnknownAgentException")]
public sealed class UnknownAgentException(string agent, string? known)
    : AgentStreamException($"No agent is named '{agent}'.{(known is null ? "" : $" Registered: {known}.")}")
{
    /// <summary>The name that was asked for.</summary>
    [Id(0)]
    public string Agent { get; } = agent;

    /// <inheritdoc/>
    public override string? PublicMessage => $"No agent is named '{Agent}'.";

    /// <inheritdoc/>
    public override string? FailureReason => FailureReasons.AgentUnknown;
}

/// <summary>The stream store could not be reached, or did not answer in time. Whether the operation took place is not known.</summary>
/// <param name="message">What was tried, where, and what the connection said.</param>
/// <param name="inner">What the connection threw.</param>
[GenerateSerializer, Alias("AgentStream.LogUnavailableException")]
public sealed class StorageUnavailableException(string message, Exception? inner = null) : AgentStreamException(message, inner)
{
    /// <inheritdoc/>
    public override string? PublicMessage => "the stream store is out of reach";

    /// <inheritdoc/>
    public override string? FailureReason => FailureReasons.StoreFailed;
}

/// <summary>The stream store refused an operation, for a reason that does not pass by itself: a key that another program has written to, or a right that is missing. It is of no use to try again.</summary>
/// <param name="message">What was tried, where, and the reason; a key that has something else in it than it should is named.</param>
/// <param name="inner">What the log's client threw, if it threw anything.</param>
[GenerateSerializer, Alias("AgentStream.LogRefusedException")]
public sealed class StorageRefusedException(string message, Exception? inner = null) : AgentStreamException(message, inner)
{
    /// <inheritdoc/>
    public override string? PublicMessage => "the stream store refused the operation";

    /// <inheritdoc/>
    public override string? FailureReason => FailureReasons.StoreFailed;
}

/// <summary>The run no longer belongs to this process: another recovered it. Whoever gets this writes nothing more to the run.</summary>
/// <param name="message">Which run, and who owns it now where that is known.</param>
[GenerateSerializer, Alias("AgentStream.OwnershipLostException")]
public sealed class OwnershipLostException(string message) : AgentStreamException(message)
{
    /// <inheritdoc/>
    public override string? FailureReason => FailureReasons.Interrupted;
}

/// <summary>The run was canceled, by anyone.</summary>
/// <param name="session">The session, as <see cref="SessionKey.ToString"/> writes it.</param>
[GenerateSerializer, Alias("AgentStream.AgentCanceledException")]
public sealed class RunCanceledException(string session) : AgentStreamException($"The run of session {session} was canceled.")
{
    /// <summary>The session, as <see cref="SessionKey.ToString"/> writes it.</summary>
    [Id(0)]
    public string Session { get; } = session;

    /// <inheritdoc/>
    public override string? PublicMessage => Message;
}

/// <summary>The run ended without an answer.</summary>
/// <param name="session">The session, as <see cref="SessionKey.ToString"/> writes it.</param>
/// <param name="reason">What its stream said went wrong.</param>
/// <param name="failureReason">The same as one of <see cref="FailureReasons"/>; null when nobody has said so.</param>
/// <param name="reference">By what the server's log names the failure; null when nobody has said so.</param>
[GenerateSerializer, Alias("AgentStream.RunFailedException")]
public sealed class RunFailedException(string session, string reason, string? failureReason = null, string? reference = null)
    : AgentStreamException($"The run of session {session} failed: {reason}{(reference is null ? "" : $" (reference {reference})")}")
{
    /// <summary>The session, as <see cref="SessionKey.ToString"/> writes it.</summary>
    [Id(0)]
    public string Session { get; } = session;

    /// <summary>What its stream said went wrong.</summary>
    [Id(1)]
    public string Reason { get; } = reason;

    /// <inheritdoc/>
    [Id(2)]
    public override string? FailureReason { get; } = failureReason;

    /// <summary>By what the server's log names the failure; null when nobody has said so.</summary>
    [Id(3)]
    public string? Reference { get; } = reference;

    /// <inheritdoc/>
    public override string? PublicMessage => Message;
}
