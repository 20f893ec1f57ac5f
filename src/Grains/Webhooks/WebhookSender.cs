using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using AgentStream.Grains.Output;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Webhooks;

/// <summary>
/// Signs webhooks (Standard Webhooks, docs/webhooks.md) and posts them. URLs come from others, so a connection goes to a public address or nowhere: names are resolved here, right before. No redirect is
/// followed, no proxy is asked, no cookie is kept, and of an answer only the head counts.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    /// <summary>How many attempts go to one host at a time.</summary>
    public const int PerHost = 4;

    private const int MostDrained = 4096;

    private readonly HttpMessageInvoker _http;
    private readonly WebhookOptions _options;
    private readonly TimeProvider _time;

    public WebhookSender(RunEnvironment environment, IOptions<WebhookOptions> options)
    {
        (_options, _time) = (options.Value, environment.Time);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            ConnectCallback = ConnectAsync,
            MaxConnectionsPerServer = PerHost,
            MaxResponseDrainSize = MostDrained,
            MaxResponseHeadersLength = 16,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            UseCookies = false,
            UseProxy = false,
        });
    }

    /// <summary>Finds the addresses of a host; a test may know others.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Makes an attempt.</summary>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<WebhookAnswer> SendAsync(WebhookReceiver receiver, string id, string body, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var request = NewRequest(receiver, id, body);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            return new((int)response.StatusCode, null, WishOf(response));
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or SocketException or NotPublicException)
        {
            // What a fault says may come from the other side. These words are ours.
            return new(null, limit.IsCancellationRequested ? "it took too long" : WhyOf(e), null);
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage NewRequest(WebhookReceiver receiver, string id, string body)
    {
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signed = Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}");
        var request = new HttpRequestMessage(HttpMethod.Post, receiver.Url) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.ParseAdd("AgentStream");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.TryAddWithoutValidation(
            "webhook-signature", string.Join(' ', receiver.Secrets.Select(secret => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret, signed))}")));
        return request;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await Resolve(context.DnsEndPoint.Host, cancellationToken);
        if (!_options.AllowPrivateAddresses)
        {
            addresses = [.. addresses.Where(PublicAddresses.Contain)];
        }

        if (addresses.Length == 0)
        {
            throw new NotPublicException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private TimeSpan? WishOf(HttpResponseMessage response) =>
        response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable) ? null
        : response.Headers.RetryAfter is { Date: { } date } ? date - _time.GetUtcNow()
        : response.Headers.RetryAfter?.Delta;

    private static string WhyOf(Exception e) => e switch
    {
        NotPublicException or { InnerException: NotPublicException } => "its host has no public address",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } or { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } } => "its host is not known",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "its certificate, or its TLS, is not accepted",
        _ => "it cannot be reached, or broke off",
    };

    /// <summary>A name leads only to addresses that webhooks must not go to.</summary>
    private sealed class NotPublicException : Exception;
}

/// <summary>What became of an attempt.</summary>
/// <param name="Status">The status of the answer; null for none.</param>
/// <param name="Fault">Why there is no answer, in words of our own.</param>
/// <param name="Wish">How long the receiver wants to be left alone.</param>
internal sealed record WebhookAnswer(int? Status, string? Fault, TimeSpan? Wish)
{
    /// <summary>Whether the receiver has taken it.</summary>
    public bool IsTaken => Status is >= 200 and < 300;

    /// <summary>Whether the receiver wants it never again.</summary>
    public bool IsGone => Status == (int)HttpStatusCode.Gone;

    /// <summary>The same for the log.</summary>
    public string Why => Fault ?? string.Create(CultureInfo.InvariantCulture, $"its answer was {Status}");
}
