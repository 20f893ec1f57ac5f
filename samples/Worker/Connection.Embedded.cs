namespace AgentStream.Worker;

/// <summary>Embedded silos have no gateway: programs outside use HTTP. The file beside this one is the same for the Orleans engine.</summary>
internal sealed partial class Connection
{
    public static Task<Connection> OpenAsync() => Task.FromResult(OverHttp());
}
