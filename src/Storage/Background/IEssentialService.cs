namespace AgentStream.Storage.Background;

/// <summary>A service without which the process cannot do its work.</summary>
public interface IEssentialService
{
    /// <summary>Gets whether it ended although the process had not been told to stop: then the process is stopping, and has to be started again.</summary>
    bool HasFailed { get; }
}
