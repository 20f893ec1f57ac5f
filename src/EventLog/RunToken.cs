namespace AgentStream.EventLog;

/// <summary>The fencing token of a run: every write of the run proves, in the same atomic step, that the session is still owned by it.</summary>
/// <param name="Key">The session.</param>
/// <param name="SiloId">The process that owns the run.</param>
/// <param name="RunId">The run; every run has a new id.</param>
public sealed record RunToken(SessionKey Key, string SiloId, string RunId);
