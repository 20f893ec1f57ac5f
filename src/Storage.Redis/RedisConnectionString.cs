using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>
/// Reads the connection string of a Redis, for everything in the program that connects to it. It has one of two forms: the client's own, <c>host:port,option=value</c>
/// (several hosts may come first), or a URI, <c>redis://user:password@host:port/database?option=value</c>, <c>rediss://</c> for TLS.
/// </summary>
/// <remarks>
/// An error repeats nothing of the text but the names of options that the client knows: what cannot be read may be a piece of a password.
/// </remarks>
public static partial class RedisConnectionString
{
    /// <summary>The setting that has the connection string, as errors name it.</summary>
    public const string Setting = "ConnectionStrings:" + AgentStreamOptions.RedisConnectionName;

    private const string Form = "must be 'host:port,option=value,...' or 'redis://user:password@host:port/database' (rediss:// for TLS)";
    private const string Escape = "a password with a comma goes into a redis:// URI, where it is written %2C";
    internal const int Port = 6379;
    private const int TlsPort = 6380;
    internal const int SentinelPort = 26379;

    /// <summary>Reads a connection string.</summary>
    /// <param name="text">The connection string. White space around it does not count.</param>
    /// <returns>The client's options, with a port for each host. They are the caller's own.</returns>
    /// <exception cref="OptionsValidationException">The text has neither form, or an option that cannot be used here. The message is one sentence that names <see cref="Setting"/> and has no secret.</exception>
    public static ConfigurationOptions Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        return Scheme().Match(text) is { Success: true } scheme
            ? RedisUri.Parse(text[scheme.Length..], isTls: scheme.Groups[1].Length > 0)
            : ParseList(text);
    }

    /// <summary>Where a Redis is, for messages: hosts and ports alone.</summary>
    internal static string Where(ConfigurationOptions options) => string.Join(", ", options.EndPoints.Select(EndPointCollection.ToString));

    internal static OptionsValidationException Wrong(string why) => new(Setting, typeof(ConfigurationOptions), [$"{Setting} {Form}: {why}."]);

    /// <summary>Adds a host with its port.</summary>
    /// <param name="options">Takes the host.</param>
    /// <param name="text">The host, and perhaps <c>:port</c>.</param>
    /// <param name="what">What the host is called in errors.</param>
    /// <param name="missingPort">The port when there is none.</param>
    internal static void AddHost(ConfigurationOptions options, string text, string what, int missingPort)
    {
        if (UnixSocket().IsMatch(text))
        {
            options.EndPoints.Add(text);
            return;
        }

        // An IPv6 address has a port only when it stands in brackets.
        var colon = text.EndsWith(']') || (text.Count(c => c == ':') > 1 && !text.StartsWith('[')) ? -1 : text.LastIndexOf(':');
        var port = missingPort;
        if (colon >= 0
            && (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > IPEndPoint.MaxPort))
        {
            throw Wrong($"the port of {what} must be a number from 1 to {IPEndPoint.MaxPort}");
        }

        var host = colon < 0 ? text : text[..colon];
        var isBracketed = host is ['[', .., ']'];
        host = isBracketed ? host[1..^1] : host;
        var isAddress = IPAddress.TryParse(host, out var address) && (isBracketed || host.Contains(':')) == (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6);
        if (isBracketed ? !isAddress : !isAddress && !HostName().IsMatch(host))
        {
            throw Wrong(host.Length == 0 ? $"{what} has no name" : $"{what} must be a name or an IP address");
        }

        EndPoint endpoint = isAddress ? new IPEndPoint(address!, port) : new DnsEndPoint(host, port);
        if (!options.EndPoints.TryAdd(endpoint))
        {
            throw Wrong($"{what} is there twice");
        }
    }

    /// <summary>Reads options, each <c>name=value</c>, by the client's rules and ours.</summary>
    /// <param name="parts">The options, with what each is called in errors.</param>
    internal static ConfigurationOptions ReadOptions(IReadOnlyList<(string Text, string What)> parts)
    {
        foreach (var (text, what) in parts)
        {
            Check(text, what);
        }

        return parts.Count == 0 ? new ConfigurationOptions() : ConfigurationOptions.Parse(string.Join(',', parts.Select(part => part.Text)));
    }

    private static ConfigurationOptions ParseList(string text)
    {
        if (text.Length == 0)
        {
            throw Wrong("it is empty");
        }

        if (OtherScheme().IsMatch(text))
        {
            throw Wrong("it has another scheme");
        }

        var parts = text.Split(',', StringSplitOptions.TrimEntries).Select((part, i) => (Text: part, What: $"part {i + 1}")).ToList();
        var hosts = parts.TakeWhile(part => !part.Text.Contains('=')).ToList();
        var options = ReadOptions(parts[hosts.Count..]);
        var missing = !string.IsNullOrEmpty(options.ServiceName) ? SentinelPort : options.Ssl ? TlsPort : Port;
        foreach (var host in hosts)
        {
            AddHost(options, host.Text, host.What, missing);
        }

        return hosts.Count > 0 ? options : throw Wrong("it names no host; hosts come before options");
    }

    private static void Check(string text, string what)
    {
        if (text.IndexOf('=') is var equals && equals <= 0)
        {
            throw Wrong($"{what} is not an option, name=value; hosts come before options, and {Escape}");
        }

        ConfigurationOptions? option;
        try
        {
            option = ConfigurationOptions.Parse(text);
        }
        catch (ArgumentOutOfRangeException)
        {
            // The client knows the name, and so it is no piece of a password.
            throw Wrong($"the option '{text[..equals].Trim()}' does not take the value that {what} gives it");
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            option = null;
        }

        if (option is null || (text[0] == '$' && ReferenceEquals(option.CommandMap, CommandMap.Default)))
        {
            throw Wrong($"{what} is an option that the client does not know, or has a value that it does not take; {Escape}");
        }

        if (!option.ChannelPrefix.IsNullOrEmpty || option.Proxy != Proxy.None)
        {
            throw Wrong($"{what} is an option that cannot be used here: scripts name keys and channels themselves");
        }

        if (option.DefaultDatabase < 0)
        {
            throw Wrong("the option 'defaultDatabase' must be a number from 0");
        }
    }

    [GeneratedRegex("^redis(s?)://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OtherScheme();

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9.])?\z")]
    private static partial Regex HostName();

    [GeneratedRegex(@"^!/[A-Za-z0-9._/-]+\z")]
    private static partial Regex UnixSocket();
}
