namespace AgentStream;

/// <summary>Who hears when a run ends or waits for somebody, in the section <c>AgentStream:Webhooks</c> (docs/webhooks.md).</summary>
public sealed class WebhookOptions
{
    /// <summary>The configuration section of these settings.</summary>
    public const string Section = $"{AgentStreamOptions.Section}:Webhooks";

    /// <summary>Gets the receivers that hear of all runs.</summary>
    public IList<WebhookEndpointOptions> Endpoints { get; } = [];

    /// <summary>
    /// Gets the hosts of the URLs that a request may bring (<see cref="RunRequest.Webhook"/>): <c>hooks.example.com</c>, <c>*.example.com</c> for its subdomains, each with <c>:port</c> where the port is not
    /// the scheme's own. None by default: then a request may bring none.
    /// </summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>Gets or sets what signs webhooks to URLs that a request brought, as <see cref="WebhookEndpointOptions.Secret"/>. Required with <see cref="AllowedHosts"/>.</summary>
    public string? RequestSecret { get; set; }

    /// <summary>Gets or sets whether webhooks may go to loopback, private and other addresses that are not public. False by default.</summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>Gets or sets whether URLs may be <c>http</c>. False by default: they are <c>https</c>.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>Gets or sets how long an attempt may take: 100 ms to 1 min. 15 s by default.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Gets the pauses after failed attempts, as durations such as <c>5s</c>: up to 20, each up to 7 days. When an attempt fails after the last, the webhook is given up. Empty, which is the default, for
    /// <c>5s</c>, <c>5m</c>, <c>30m</c>, <c>2h</c>, <c>5h</c>, <c>10h</c>.
    /// </summary>
    public IList<string> Retries { get; } = [];

    /// <summary>
    /// Gets or sets how many webhooks may wait for one receiver: 1 to 1,000,000; 10,000 by default. A receiver is an endpoint, or a host that requests bring, for each scope. What comes beyond it is dropped.
    /// </summary>
    public int MaxWaiting { get; set; } = 10_000;
}
