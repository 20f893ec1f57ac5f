namespace AgentStream.Cli.Target;

/// <summary>Where sessions are, and whose they are.</summary>
internal interface ITarget : IAsyncDisposable
{
    /// <summary>The client.</summary>
    IAgentStreamClient Client { get; }

    /// <summary>Whose sessions these are.</summary>
    UserKey User { get; }
}
