using System.CommandLine;

namespace AgentStream.Cli.Target;

/// <summary>The options that say where sessions are and whose they are: the same for all commands.</summary>
internal sealed class TargetOptions
{
    private const string UrlVariable = "AGENTSTREAM_URL";
    private const string AuthorizationVariable = "AGENTSTREAM_AUTHORIZATION";

    private readonly Option<string?> _url = new("--url")
    {
        Description = "The server, such as https://agents.example.com; /chat is added where no path is given.",
        Recursive = true,
        HelpName = "url",
    };

    private readonly Option<string?> _redis = new("--redis")
    {
        Description = ClusterTarget.Description,
        Recursive = true,
        HelpName = "host:port",
    };

    private readonly Option<string?> _user = new("--user")
    {
        Description = "Whose sessions, with --redis: scope:user. Default 1:1. Over HTTP the server knows who asks.",
        Recursive = true,
        HelpName = "scope:user",
    };

    private readonly Option<string[]> _header = new("--header")
    {
        Description = "A header for each request, \"Name: value\". May be repeated.",
        Recursive = true,
        HelpName = "header",
    };

    /// <summary>Adds the options to the root command, for all commands below it.</summary>
    public void AddTo(Command root)
    {
        root.Add(_url);
        root.Add(_redis);
        root.Add(_user);
        root.Add(_header);
    }

    /// <summary>Connects.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="runsAgents">Whether the command starts a run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidInputException">An option breaks its rule.</exception>
    public Task<ITarget> OpenAsync(ParseResult parsed, bool runsAgents, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_redis) is not { } redis)
        {
            return parsed.GetValue(_user) is null
                ? Task.FromResult<ITarget>(new HttpTarget(Address(parsed.GetValue(_url) ?? Variable(UrlVariable)), Headers(parsed.GetValue(_header) ?? [])))
                : throw new InvalidInputException("--user", "goes with --redis: over HTTP the server knows who asks");
        }

        return parsed.GetValue(_url) is null && parsed.GetValue(_header) is null or []
            ? ClusterTarget.OpenAsync(redis, UserKey.Parse(parsed.GetValue(_user) ?? "1:1"), runsAgents, cancellationToken)
            : throw new InvalidInputException("--redis", "goes without --url and --header");
    }

    /// <summary>Where the routes are: <c>/chat</c> below the server, unless a path says otherwise.</summary>
    internal static Uri Address(string? url)
    {
        if (url is null)
        {
            return AgentStreamHttpClientOptions.DefaultAddress;
        }

        return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address.AbsolutePath == "/" ? new Uri(address, "/chat") : address
            : throw new InvalidInputException("--url", $"must be a URL of http or https{(url.Contains('@', StringComparison.Ordinal) ? "" : $", but is '{url}'")}");
    }

    private static List<KeyValuePair<string, string>> Headers(string[] given)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var header in given)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1)
            {
                throw new InvalidInputException("--header", "must be \"Name: value\"");
            }

            headers.Add(new(header[..colon].Trim(), header[(colon + 1)..].Trim()));
        }

        if (Variable(AuthorizationVariable) is { } authorization)
        {
            headers.Add(new("Authorization", authorization));
        }

        return headers;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
