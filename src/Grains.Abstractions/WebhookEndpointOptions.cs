namespace AgentStream;

/// <summary>A receiver of webhooks.</summary>
public sealed class WebhookEndpointOptions
{
    /// <summary>Gets or sets where webhooks go: an <c>https</c> URL.</summary>
    public string Url { get; set; } = "";

    /// <summary>Gets or sets what signs them: <c>whsec_</c> and 24 to 64 bytes in base64. Several, with spaces between them, sign each webhook once each, so that a secret can be replaced without a gap.</summary>
    public string Secret { get; set; } = "";

    /// <summary>Gets the events that it hears of, of <see cref="WebhookEvents"/>. Empty, which is the default, for all.</summary>
    public IList<string> Events { get; } = [];

    /// <summary>Gets the scopes whose runs it hears of. Empty, which is the default, for all.</summary>
    public IList<string> Scopes { get; } = [];
}
