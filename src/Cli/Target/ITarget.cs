namespace AgentStream.Cli.Target;

/// <summary>Where sessions are, and whose they are.</summary>
internal interface ITarget : IAsyncDisposable
{
    /// <summary>The client.</summary>
    IAgentStreamClient Client { get; }

    /// <summary>The cluster; null for a server, which does not let clients in there.</summary>
    IClusterClient? Cluster { get; }

    /// <summary>Whose sessions these are.</summary>
    UserKey User { get; }
}
