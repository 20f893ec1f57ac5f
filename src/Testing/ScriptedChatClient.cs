using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AgentStream.Testing;

/// <summary>
/// A model that says what a script says, and records what it was sent. A run sends a request for each response: after the results of tools, it asks again.
/// </summary>
/// <remarks>
/// It is thread safe. The responses of a list are given in the order of the requests, whichever run they are of. Where runs take place at the same time and their answers differ, use
/// a client for each, or a function that looks at the request.
/// </remarks>
public sealed class ScriptedChatClient : IChatClient
{
    private readonly Lock _lock = new();
    private readonly List<ScriptedRequest> _requests = [];
    private readonly ScriptStep[][]? _responses;
    private readonly Func<ScriptedRequest, IReadOnlyList<ScriptStep>> _respond;

    /// <summary>Creates a model that gives one response after the other.</summary>
    /// <param name="responses">The responses. A request after the last one gets a <see cref="ScriptEndedException"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="responses"/> or one of them is null.</exception>
    public ScriptedChatClient(params ScriptStep[][] responses)
    {
        ArgumentNullException.ThrowIfNull(responses);
        Array.ForEach(responses, response => ArgumentNullException.ThrowIfNull(response, nameof(responses)));
        _responses = responses;
        _respond = _ => [];
    }

    /// <summary>Creates a model that looks at each request.</summary>
    /// <param name="respond">Gives the response to a request. It is called by several threads at once where runs take place at the same time.</param>
    /// <exception cref="ArgumentNullException"><paramref name="respond"/> is null.</exception>
    public ScriptedChatClient(Func<ScriptedRequest, IReadOnlyList<ScriptStep>> respond)
    {
        ArgumentNullException.ThrowIfNull(respond);
        _respond = respond;
    }

    /// <summary>Gets the requests until now, oldest first.</summary>
    public IReadOnlyList<ScriptedRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Gets how many responses of the list were not asked for; 0 for a model with a function.</summary>
    public int RemainingResponses
    {
        get
        {
            lock (_lock)
            {
                return _responses is null ? 0 : Math.Max(0, _responses.Length - _requests.Count);
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ScriptEndedException">There is no response for this request.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var response = ResponseTo(new ScriptedRequest([.. messages], options?.Clone()));

        // Here, and not in the enumeration: so a step may fail the request itself.
        var first = response.Count > 0 ? response[0].PlayAsync(cancellationToken) : AsyncEnumerable.Empty<ChatResponseUpdate>();
        return PlayAsync(response, first, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ScriptEndedException">There is no response for this request.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Does nothing: a model may be used by several clusters, one after the other.</summary>
    public void Dispose()
    {
    }

    private IReadOnlyList<ScriptStep> ResponseTo(ScriptedRequest request)
    {
        lock (_lock)
        {
            _requests.Add(request);
            if (_responses is not null)
            {
                return _requests.Count <= _responses.Length ? _responses[_requests.Count - 1] : throw new ScriptEndedException(_responses.Length, request);
            }
        }

        return _respond(request);
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> PlayAsync(
        IReadOnlyList<ScriptStep> response, IAsyncEnumerable<ChatResponseUpdate> first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var calls = false;
        for (var at = 0; at < response.Count; at++)
        {
            await foreach (var update in (at == 0 ? first : response[at].PlayAsync(cancellationToken)).ConfigureAwait(false))
            {
                calls |= update.Contents.Any(content => content is FunctionCallContent);
                yield return update;
                if (update.FinishReason is not null)
                {
                    yield break;
                }
            }

            if (response[at].EndsResponse)
            {
                yield break;
            }
        }

        yield return new ChatResponseUpdate { FinishReason = calls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop };
    }
}
