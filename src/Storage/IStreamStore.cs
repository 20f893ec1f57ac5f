namespace AgentStream.Storage;

/// <summary>
/// Where the stream of each session's current run is: who owns it, its entries, whether it is live. Every operation is one atomic step.
/// There are two: in Redis for any number of processes, in memory for one.
/// </summary>
/// <remarks>
/// Every operation but those of the memory store may throw <see cref="StorageUnavailableException"/>; then it is not known whether it took place, and it may be repeated. Each may also throw
/// <see cref="StorageRefusedException"/>, which is about one session or one right, and of no use to repeat.
/// </remarks>
public interface IStreamStore : IStreamReader, IRunStore, ISiloStore;
