namespace AgentStream;

/// <summary>How the conversation with an MCP server begins.</summary>
public enum McpInitialize
{
    /// <summary>
    /// With <c>server/discover</c>, the question of the newest revision of the protocol, and with <c>initialize</c> when the server answers it with an error, with
    /// nothing that can be used, or by going away.
    /// </summary>
    Auto,

    /// <summary>With <c>initialize</c>, as up to revision 2025-11-25.</summary>
    Legacy,
}

/// <summary>Which calls of an MCP server's tools a person has to allow.</summary>
public enum McpApproval
{
    /// <summary>None.</summary>
    Never,

    /// <summary>All.</summary>
    Always,

    /// <summary>
    /// Those of tools that may destroy something, as the server says (<c>destructiveHint</c> and <c>readOnlyHint</c>). By MCP's rules, a tool of which it says nothing may.
    /// </summary>
    Destructive,
}

/// <summary>How to reach an MCP server, and which of its tools an agent takes. Either <see cref="Command"/> or <see cref="Url"/> is set.</summary>
public sealed class McpConnectionOptions
{
    /// <summary>
    /// The program that is started as the server and spoken to over its standard input and output; looked up on the PATH. Null for a server over HTTP.
    /// </summary>
    public string? Command { get; set; }

    /// <summary>The program's arguments. Only with <see cref="Command"/>.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>
    /// Environment variables of the program, beside the few that every program needs (PATH, HOME, the user and the terminal). Only with
    /// <see cref="Command"/>.
    /// </summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Whether the program gets all environment variables of this process too. Off by default, since they may hold secrets that are none of the server's
    /// business. Only with <see cref="Command"/>.
    /// </summary>
    public bool InheritEnvironment { get; set; }

    /// <summary>The program's working directory, which must exist; null for that of this process. Only with <see cref="Command"/>.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>
    /// The user of this machine that the program runs as, by name; null for the user of this process. Its groups and its HOME are that user's. Only with <see cref="Command"/>, on Linux, and in a
    /// process that runs as root, since no other may start programs of other users. A program that runs as the same user as this process can read its memory and its files.
    /// </summary>
    public string? User { get; set; }

    /// <summary>The server's endpoint for streamable HTTP: an absolute http or https address. Null for a server over standard input and output.</summary>
    public Uri? Url { get; set; }

    /// <summary>Headers of each HTTP request, such as <c>Authorization</c>. Only with <see cref="Url"/>.</summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How the conversation begins. Set <see cref="McpInitialize.Legacy"/> for a server that a question it does not know upsets.</summary>
    public McpInitialize Initialize { get; set; }

    /// <summary>
    /// What stands before the name of each tool, so that tools of different servers have different names: at most 32 of <c>A-Z a-z 0-9 _ -</c>.
    /// </summary>
    public string Prefix { get; set; } = "";

    /// <summary>The tools that the agent takes, as the server names them; empty for all.</summary>
    public IList<string> Tools { get; } = [];

    /// <summary>Which calls a person has to allow; none by default. What a server says of its tools is worth as much as the server is trusted.</summary>
    public McpApproval Approval { get; set; }

    /// <summary>
    /// The most bytes of one message of the server, 64 KiB to 128 MiB, 8 MiB by default: a line of a program, a body or an event over HTTP. A longer one is not read to its end; the call fails, and the
    /// connection to a program is closed.
    /// </summary>
    public int MaxMessageBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// How long the server may take to start, to say hello and to list its tools: 100 ms to 10 min, 30 s by default. A run whose server takes longer
    /// ends as crashed. The server has a sixth of it to answer <c>server/discover</c>, but at least 5 s, and at most half of it. After that it is
    /// asked the old way.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
