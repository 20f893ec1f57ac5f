using System.Net;

namespace AgentStream;

/// <summary>The rules of the URLs that webhooks go to.</summary>
public static class WebhookUrls
{
    /// <summary>The longest URL, in characters.</summary>
    public const int MaxLength = 2048;

    /// <summary>Gets the rule that a URL breaks, whoever it comes from. Where its name leads to is found out when a webhook is sent.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="options">The settings.</param>
    /// <returns>The rule as the rest of a sentence that begins with the field's name; null when it breaks none.</returns>
    public static string? Rule(string? url, WebhookOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var schemes = options.AllowHttp ? "an https or http" : "an https";
        return url is not { Length: > 0 and <= MaxLength } || url.AsSpan().ContainsAnyExceptInRange('!', '~') ? $"must be a URL of 1 to {MaxLength} printable ASCII characters without spaces"
            : !Uri.TryCreate(url, UriKind.Absolute, out var uri) || !IsScheme(uri.Scheme, options) || uri.Host.Length == 0 ? $"must be {schemes} URL"
            : uri.UserInfo.Length > 0 ? "must not have a user or a password"
            : uri.Fragment.Length > 0 ? "must not have a fragment"
            : uri.Port is < 1 or > 65535 ? "must have a port from 1 to 65535"
            : !options.AllowPrivateAddresses && IsPrivate(uri) ? "must not be at a loopback, private or other address that is not public"
            : null;
    }

    /// <summary>Gets the rule that a URL breaks which a request brings: besides those of <see cref="Rule"/>, its host must be allowed.</summary>
    /// <param name="url">The URL; null for none.</param>
    /// <param name="options">The settings.</param>
    /// <returns>The rule as the rest of a sentence that begins with the field's name; null when it breaks none.</returns>
    public static string? RequestRule(string? url, WebhookOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return url is null ? null
            : options.AllowedHosts.Count == 0 ? "must be left out: this server sends no webhooks to URLs of requests"
            : Rule(url, options) ?? (options.AllowedHosts.Any(host => Allows(host, new Uri(url))) ? null : "must be at a host, and a port, that the server allows");
    }

    /// <summary>Gets whether an entry of <see cref="WebhookOptions.AllowedHosts"/> is one: a name, or an IP address, with a port or not.</summary>
    internal static bool IsHost(string? host)
    {
        var (name, port) = Split(host ?? "");
        return name.Length > 0 && port is null or (>= 1 and <= 65535)
            && Uri.CheckHostName(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;
    }

    private static bool Allows(string allowed, Uri url)
    {
        var (name, port) = Split(allowed);
        var host = url.IdnHost.TrimEnd('.');
        return (port is { } given ? url.Port == given : url.IsDefaultPort)
            && (name.StartsWith("*.", StringComparison.Ordinal)
                ? host.Length >= name.Length && host.EndsWith(name[1..], StringComparison.OrdinalIgnoreCase) && url.HostNameType == UriHostNameType.Dns
                : string.Equals(host, name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The host and the port of <c>host</c>, <c>host:port</c>, <c>[address]</c> or <c>[address]:port</c>; port 0 for one that is no number.</summary>
    private static (string Host, int? Port) Split(string entry)
    {
        var end = entry.StartsWith('[') ? entry.IndexOf(']', StringComparison.Ordinal) + 1 : Math.Max(entry.IndexOf(':', StringComparison.Ordinal), 0);
        end = end == 0 ? entry.Length : end;
        int? port = end == entry.Length ? null : entry[end] == ':' && ushort.TryParse(entry.AsSpan(end + 1), out var number) ? number : 0;
        return (entry[..end].Trim('[', ']'), port);
    }

    private static bool IsScheme(string scheme, WebhookOptions options) => scheme == Uri.UriSchemeHttps || (options.AllowHttp && scheme == Uri.UriSchemeHttp);

    private static bool IsPrivate(Uri url) =>
        url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 ? IPAddress.TryParse(url.IdnHost, out var address) && !PublicAddresses.Contain(address)
        : url.IdnHost.TrimEnd('.') is var host && (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));
}
