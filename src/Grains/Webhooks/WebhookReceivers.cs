using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Webhooks;

/// <summary>Who is to hear of what, by the settings as they are now.</summary>
internal sealed class WebhookReceivers(IOptions<WebhookOptions> options)
{
    private readonly Lazy<Configured[]> _endpoints = new(() => [.. options.Value.Endpoints.Select(endpoint => new Configured(endpoint))]);
    private readonly Lazy<IReadOnlyList<byte[]>> _requestSecrets = new(() => WebhookSecrets.Read(options.Value.RequestSecret) ?? []);

    /// <summary>Whether there can be any.</summary>
    public bool AreThere => options.Value.Endpoints.Count > 0 || options.Value.AllowedHosts.Count > 0;

    /// <summary>Who is to hear of an end of a run.</summary>
    /// <param name="key">The run's session.</param>
    /// <param name="type">One of <see cref="WebhookEvents"/>.</param>
    /// <param name="requested">The URL that the run's request brought; null for none.</param>
    public IEnumerable<WebhookReceiver> Of(SessionKey key, string type, string? requested)
    {
        foreach (var configured in _endpoints.Value)
        {
            if (configured.Hears(key.Scope, type))
            {
                yield return new(configured.Name, null, configured.Url, configured.Secrets) { Queue = configured.Name };
            }
        }

        if (requested is not null)
        {
            var url = new Uri(requested);
            yield return new(null, requested, url, _requestSecrets.Value) { Queue = NameOf($"{key.Scope} {url.Authority}") };
        }
    }

    /// <summary>The receiver of a webhook that was kept; null when the settings know the endpoint, or allow the URL, no more.</summary>
    public WebhookReceiver? Find(WebhookContent content) =>
        content.Url is { } url
            ? WebhookUrls.RequestRule(url, options.Value) is null ? new(null, url, new Uri(url), _requestSecrets.Value) : null
            : _endpoints.Value.FirstOrDefault(known => known.Name == content.Endpoint) is { } endpoint ? new(endpoint.Name, null, endpoint.Url, endpoint.Secrets) : null;

    /// <summary>A name that says nothing to who does not know what it was made of.</summary>
    public static string NameOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private sealed class Configured(WebhookEndpointOptions endpoint)
    {
        public Uri Url { get; } = new(endpoint.Url);

        public string Name { get; } = NameOf(new Uri(endpoint.Url).AbsoluteUri);

        public IReadOnlyList<byte[]> Secrets { get; } = WebhookSecrets.Read(endpoint.Secret) ?? [];

        public bool Hears(string scope, string type) =>
            (endpoint.Scopes.Count == 0 || endpoint.Scopes.Contains(scope, StringComparer.Ordinal)) && (endpoint.Events.Count == 0 || endpoint.Events.Contains(type, StringComparer.Ordinal));
    }
}

/// <summary>Somebody who hears of runs. Its text names no URL and no secret.</summary>
/// <param name="endpoint">The name of a configured endpoint; null for a URL that a request brought.</param>
/// <param name="requested">The URL that a request brought; null for a configured endpoint.</param>
/// <param name="url">Where webhooks go.</param>
/// <param name="secrets">What signs them.</param>
internal sealed class WebhookReceiver(string? endpoint, string? requested, Uri url, IReadOnlyList<byte[]> secrets)
{
    public string? Endpoint => endpoint;

    public string? Requested => requested;

    public Uri Url => url;

    public IReadOnlyList<byte[]> Secrets => secrets;

    /// <summary>By what its waiting webhooks are counted.</summary>
    public string Queue { get; init; } = "";
}
