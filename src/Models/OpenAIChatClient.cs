using System.Runtime.CompilerServices;
using AgentStream.Models;
using AgentStream.Models.Answers;
using AgentStream.Models.Endpoint;
using AgentStream.Models.Requests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream;

/// <summary>
/// A model behind an OpenAI-compatible chat-completions endpoint: OpenAI's own, a gateway, or a server on this machine. It streams; texts,
/// thoughts, tool calls and usage come as Microsoft.Extensions.AI has them. A request that is refused for now (408, 429, 5xx) or does not
/// get through is repeated up to three times, as long as no answer has begun. There is no timeout beyond that of connecting: how long a
/// silence is too long is the caller's to say, with the cancellation token.
/// </summary>
/// <remarks>
/// <see cref="ChatOptions.AdditionalProperties"/> go into the request's body as they are, over what the other options say; a null takes a
/// field away (<c>stream_options</c>, for an endpoint that refuses it). Thoughts go back only to the endpoint that they came from, where
/// it may insist on them: with the calls that they led to, and, in the field <c>reasoning_content</c>, in each later answer. An endpoint
/// that refuses a request and names the field is asked again, with the field in each answer or in none, and from then on in that way; so
/// is one that wants roles to alternate, with messages of the user in a row as one. With <see cref="ReasoningOutput.None"/> thoughts are
/// not given as contents; chat completions have no field to ask for that.
/// </remarks>
public sealed class OpenAIChatClient : IChatClient
{
    private readonly ModelEndpoint _endpoint;
    private readonly ChatClientMetadata _metadata;
    private readonly TimeProvider _time;

    /// <summary>Makes a client. Nothing is sent yet.</summary>
    /// <param name="model">The model, as the endpoint names it.</param>
    /// <param name="apiKey">The key that is sent as bearer token: printable ASCII without spaces; null sends none.</param>
    /// <param name="endpoint">
    /// The base URL, to which <c>/chat/completions</c> is added: absolute, http or https; null for OpenAI's public one.
    /// </param>
    /// <param name="time">
    /// The clock of the waits: between tries, and for what an answer cost once it is whole (3 s at the most). Null for the system's.
    /// </param>
    /// <param name="http">
    /// Sends the requests; it is not disposed of. It should follow no redirect, since that could take the key elsewhere, and have no time
    /// limit, since that would end long answers: see <see cref="ModelHttpClientServiceCollectionExtensions.AddModelHttpClient"/>. Null for
    /// one that is shared by all chat clients of the process.
    /// </param>
    /// <exception cref="ArgumentException">The model is empty, the key breaks its rule, or the endpoint does.</exception>
    public OpenAIChatClient(string model, string? apiKey, Uri? endpoint = null, TimeProvider? time = null, HttpClient? http = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        if (apiKey is not null && !AgentSettings.IsApiKey(apiKey))
        {
            throw new ArgumentException($"An API key {AgentSettings.ApiKeyRule}.", nameof(apiKey));
        }

        if (endpoint is not null && !AgentSettings.IsEndpoint(endpoint))
        {
            throw new ArgumentException($"A model's endpoint {AgentSettings.EndpointRule}.", nameof(endpoint));
        }

        _time = time ?? TimeProvider.System;
        _endpoint = new ModelEndpoint(model, apiKey, endpoint, _time, http);
        _metadata = new ChatClientMetadata("openai", _endpoint.Address, model);
    }

    /// <inheritdoc/>
    /// <exception cref="ModelException">The endpoint could not be reached, refused, broke off, or sent too much.</exception>
    /// <exception cref="NotSupportedException">A message or a tool is of a kind that chat completions do not know.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using var stream = await SendAsync([.. messages], options, cancellationToken);
        using var chunks = new ChunkStream(stream.Body, _endpoint.Faults, _time, cancellationToken);
        var tools = options?.Tools?.Select(tool => tool.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        var answer = new Answer(_endpoint.Thoughts, tools, options?.Reasoning?.Output == ReasoningOutput.None);

        while (await chunks.NextAsync(answer.IsFinished, answer.Length) is { } chunk)
        {
            // Also a chunk without content becomes an update: it is a sign of life, and whoever waits for one counts the silence.
            yield return answer.Take(chunk);
            if (answer.Excess is { } excess)
            {
                throw _endpoint.Faults.TooLong(excess);
            }

            if (answer.Failure is { } words)
            {
                throw _endpoint.Faults.FailedWithin(words);
            }
        }

        yield return answer.Complete();
    }

    /// <inheritdoc/>
    /// <exception cref="ModelException">The endpoint could not be reached, refused, broke off, or sent too much.</exception>
    /// <exception cref="NotSupportedException">A message or a tool is of a kind that chat completions do not know.</exception>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(IContentSupport) ? RequestContents.Support
            : serviceType.IsInstanceOfType(_endpoint.Client) ? _endpoint.Client
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Sends a request, and again in another way where the endpoint says that it wants it so.</summary>
    private async Task<ModelStream> SendAsync(
        IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var wishes = _endpoint.Wishes;
        var tried = new HashSet<EndpointWishes> { wishes };
        while (true)
        {
            try
            {
                var stream = await _endpoint.SendAsync(RequestBody.Write(_endpoint, messages, options, wishes), cancellationToken);
                _endpoint.Wishes = wishes;
                return stream;
            }
            catch (ModelException e) when (wishes.Learn(e) is { } learned && tried.Add(learned))
            {
                wishes = learned;
            }
        }
    }

    /// <summary>Does nothing: connections are shared with other chat clients.</summary>
    public void Dispose()
    {
    }
}
