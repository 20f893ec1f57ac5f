using System.ClientModel;
using System.ClientModel.Primitives;
using AgentStream.Models.Thoughts;
using OpenAI;
using OpenAI.Chat;

namespace AgentStream.Models.Endpoint;

/// <summary>
/// A model's endpoint through the OpenAI SDK: its pipeline authenticates, repeats and sends. Requests and answers are our own JSON, since
/// the SDK's model of them knows only OpenAI's fields, and thoughts are in none of those.
/// </summary>
internal sealed class ModelEndpoint
{
    public ModelEndpoint(string model, string? apiKey, Uri? address, TimeProvider time, HttpClient? http = null)
    {
        Model = model;
        Faults = new EndpointFaults(model, apiKey, time);
        var options = new OpenAIClientOptions
        {
            Endpoint = address,
            Transport = new HttpClientPipelineTransport(http ?? ModelHttp.Shared),
            RetryPolicy = new RetryRule(time),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            ClientLoggingOptions = new ClientLoggingOptions
            {
                EnableLogging = false,
                EnableMessageLogging = false,
                EnableMessageContentLogging = false,
            },
        };
#pragma warning disable OPENAI001 // Marked as experimental: a client without a key, and the address that a client has by default.
        Client = apiKey is null
            ? new ChatClient(model, new NoAuthentication(), options)
            : new ChatClient(model, new ApiKeyCredential(apiKey), options);
        Address = address ?? Client.Endpoint;
#pragma warning restore OPENAI001
        Thoughts = new ThoughtMark(Address, model);
    }

    public string Model { get; }

    public Uri Address { get; }

    public ChatClient Client { get; }

    public EndpointFaults Faults { get; }

    public ThoughtMark Thoughts { get; }

    /// <summary>What it wants, as far as it has said so.</summary>
    public EndpointWishes Wishes { get; set; } = EndpointWishes.None;

    /// <summary>Whether this is OpenAI itself, which has renamed a field that everybody else still has.</summary>
    public bool IsOpenAI => Address.Host.EndsWith(".openai.com", StringComparison.OrdinalIgnoreCase)
        || Address.Host.EndsWith(".openai.azure.com", StringComparison.OrdinalIgnoreCase);

    /// <summary>Sends a request, again where that helps, and answers as soon as the endpoint begins to.</summary>
    /// <returns>The answer, not yet read; to be disposed.</returns>
    /// <exception cref="ModelException">The endpoint could not be reached or refused.</exception>
    public async Task<ModelStream> SendAsync(BinaryContent body, CancellationToken cancellationToken)
    {
        PipelineResponse? response;
        try
        {
            var options = new RequestOptions
            {
                BufferResponse = false,
                ErrorOptions = ClientErrorBehaviors.NoThrow,
                CancellationToken = cancellationToken,
            };
            response = (await Client.CompleteChatAsync(body, options)).GetRawResponse();
        }
        catch (Exception e) when (e is ClientResultException or AggregateException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Faults.Unreachable(e);
        }

        var content = response.ContentStream ?? Stream.Null;
        if (response.Status == 200 && MediaType(response) is null or "text/event-stream" or "text/plain")
        {
            return new ModelStream(response, content);
        }

        try
        {
            // Of a stream under another name it is the content that counts.
            var (peeked, head) = response.Status == 200 ? await PeekedStream.PeekAsync(content, cancellationToken) : (null, default);
            if (peeked is not null && IsStream(head.Span, MediaType(response)))
            {
                var stream = new ModelStream(response, peeked);
                response = null;
                return stream;
            }

            var words = await ErrorBody.ReadAsync(peeked ?? content, cancellationToken);
            throw response.Status == 200 ? Faults.NoStream(response, MediaType(response) ?? "", words) : Faults.Refused(response, words);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Faults.BrokeOff(e);
        }
        finally
        {
            response?.Dispose();
        }
    }

    private static bool IsStream(ReadOnlySpan<byte> head, string? mediaType) =>
        head.StartsWith("data:"u8) || head.StartsWith("event:"u8) || head.StartsWith(":"u8)
        || head.StartsWith("id:"u8) || head.StartsWith("retry:"u8)
        || (head.StartsWith("{"u8) && IsLines(mediaType));

    private static bool IsLines(string? mediaType) =>
        mediaType is "application/x-ndjson" or "application/ndjson" or "application/jsonl" or "application/stream+json";

    private static string? MediaType(PipelineResponse response) =>
        response.Headers.TryGetValue("Content-Type", out var type) && !string.IsNullOrWhiteSpace(type)
            ? type.Split(';')[0].Trim().ToLowerInvariant()
            : null;
}
