namespace AgentStream.Mcp;

/// <summary>What is said of a failure, as the rest of a sentence.</summary>
/// <param name="All">All of it: for the log, and for users where details are shown.</param>
/// <param name="Own">As far as the words are AgentStream's own: no path, no words of the server or the system.</param>
internal readonly record struct McpWords(string All, string Own)
{
    /// <summary>Words that are all our own.</summary>
    public static implicit operator McpWords(string own) => new(own, own);

    /// <summary>The same with something before it.</summary>
    public McpWords After(string beginning) => new(beginning + All, beginning + Own);
}
