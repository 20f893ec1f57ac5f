using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Testing;

/// <summary>A piece of a scripted response: a text, a tool call, an error. Derive from it for what the static members do not offer.</summary>
public abstract class ScriptStep
{
    /// <summary>Gets whether the response ends after this step without a finish reason, as when the connection to a model breaks.</summary>
    public virtual bool EndsResponse => false;

    /// <summary>Gives the updates of this step.</summary>
    /// <param name="cancellationToken">Ends the response: the run was canceled.</param>
    /// <returns>The updates. One with a finish reason ends the response.</returns>
    /// <remarks>When the first step of a response throws here, and not in the enumeration, the request itself fails.</remarks>
    public abstract IAsyncEnumerable<ChatResponseUpdate> PlayAsync(CancellationToken cancellationToken);

    /// <summary>Says a text.</summary>
    /// <param name="tokens">The text in tokens. Each is an update of its own; the stream may put some of them together.</param>
    /// <returns>The step.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="tokens"/> is null.</exception>
    public static ScriptStep Text(params string[] tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return new UpdateStep([.. tokens.Select(token => new ChatResponseUpdate(ChatRole.Assistant, token))]);
    }

    /// <summary>Thinks: a text that is no part of the answer.</summary>
    /// <param name="tokens">The thought in tokens.</param>
    /// <returns>The step.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="tokens"/> is null.</exception>
    public static ScriptStep Thought(params string[] tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return new UpdateStep([.. tokens.Select(token => Update(new TextReasoningContent(token)))]);
    }

    /// <summary>Calls a tool. Several calls in one response are made at the same time.</summary>
    /// <param name="name">The tool's name.</param>
    /// <param name="arguments">The arguments: an object whose properties are written as JSON, such as <c>new { id = 7 }</c>, or a dictionary. Null for none.</param>
    /// <param name="callId">The call's id; null for one that no other call has.</param>
    /// <returns>The step.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty, or <paramref name="arguments"/> are not a JSON object.</exception>
    public static ScriptStep ToolCall(string name, object? arguments = null, string? callId = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var json = JsonSerializer.SerializeToElement(arguments ?? new object());
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new ArgumentException($"The arguments of {name} must be an object, such as new {{ id = 7 }}, and not a JSON {json.ValueKind}.", nameof(arguments));
        }

        var values = json.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value, StringComparer.Ordinal);
        return Content(new FunctionCallContent(callId ?? $"call_{Guid.NewGuid():N}", name, values));
    }

    /// <summary>Says how many tokens the request and the response took.</summary>
    /// <param name="inputTokens">The tokens of the request.</param>
    /// <param name="outputTokens">The tokens of the response.</param>
    /// <returns>The step.</returns>
    public static ScriptStep Usage(long inputTokens, long outputTokens) =>
        Content(new UsageContent(new UsageDetails { InputTokenCount = inputTokens, OutputTokenCount = outputTokens, TotalTokenCount = inputTokens + outputTokens }));

    /// <summary>Gives contents of any kind, as one update.</summary>
    /// <param name="contents">The contents.</param>
    /// <returns>The step.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="contents"/> is null.</exception>
    public static ScriptStep Content(params AIContent[] contents)
    {
        ArgumentNullException.ThrowIfNull(contents);
        return new UpdateStep([Update(contents)]);
    }

    /// <summary>Ends the response with a reason of its own. Without this step, it is <c>tool_calls</c> after a tool call, and else <c>stop</c>.</summary>
    /// <param name="reason">The reason, such as <see cref="ChatFinishReason.Length"/>.</param>
    /// <returns>The step.</returns>
    public static ScriptStep Finish(ChatFinishReason reason) => new UpdateStep([new ChatResponseUpdate { FinishReason = reason }]);

    /// <summary>Breaks the response off without a finish reason, as when the connection to a model breaks.</summary>
    /// <returns>The step.</returns>
    public static ScriptStep BreakOff() => new BreakOffStep();

    /// <summary>Throws. What was said before it was received.</summary>
    /// <param name="exception">The exception.</param>
    /// <returns>The step.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="exception"/> is null.</exception>
    public static ScriptStep Fail(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new FailStep(exception);
    }

    /// <summary>Waits until the test lets the model continue, or the run is canceled.</summary>
    /// <param name="task">What it waits for, such as the task of a <see cref="TaskCompletionSource"/>.</param>
    /// <returns>The step.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="task"/> is null.</exception>
    public static ScriptStep WaitFor(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return new WaitStep(task);
    }

    private static ChatResponseUpdate Update(params AIContent[] contents) => new(ChatRole.Assistant, contents);
}
