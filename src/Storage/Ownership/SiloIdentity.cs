namespace AgentStream.Storage.Ownership;

/// <summary>Names this process as an owner of runs. A process that starts again has another id, so it never takes its predecessor's runs for its own.</summary>
public sealed class SiloIdentity
{
    /// <summary>The owner of runs that were handed off. It never has a lease, and no process has this id.</summary>
    public const string Nobody = "nobody";

    /// <summary>The id, a UUID of version 7 without dashes.</summary>
    public string Id { get; } = Guid.CreateVersion7().ToString("N");
}
