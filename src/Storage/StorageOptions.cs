namespace AgentStream;

/// <summary>
/// The settings of the stores: where sessions are kept, and how long a silo owns their runs. They come from the configuration section <c>AgentStream</c> or from code, and are validated at start.
/// </summary>
public sealed class StorageOptions
{
    /// <summary>What stands before every key. Deployments that share a Redis have different ones. Not empty, and without <c>{ } *</c> or white space.</summary>
    public string RedisPrefix { get; set; } = Protocol.DefaultPrefix;

    /// <summary>How long a Redis command may take before it counts as failed: 100 ms to 1 min.</summary>
    public TimeSpan RedisTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The origin of <c>begin</c> and <c>end</c> entries. Not empty.</summary>
    public string RuntimeOrigin { get; set; } = Protocol.DefaultRuntimeOrigin;

    /// <summary>How long a process owns its runs without renewing, 1 s to 5 min: the time after which others may recover a killed process's runs.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Where sessions are kept: <c>memory</c>, <c>sqlite</c> or <c>redis</c>. When it is left out (null or empty): in Redis if there is one, else in SQLite.</summary>
    public string? Journal { get; set; }

    /// <summary>
    /// The SQLite file that keeps sessions, absolute or relative to the program's content root; it serves one process at a time. When it is left out (null or empty):
    /// <c>.agentstream/sessions.db</c>, or the first of <c>sessions.2.db</c>, <c>sessions.3.db</c>, ... that no other process uses.
    /// </summary>
    public string? JournalPath { get; set; }

    /// <summary>
    /// Whether the journal's records, sessions' titles and prompts that wait are encrypted where they are kept, in Redis or SQLite, with Data Protection's keys. False unless set. What was kept before stays
    /// readable, and so does what is encrypted when this is turned off, as long as the keys are there.
    /// </summary>
    public bool EncryptAtRest { get; set; }

    /// <summary>
    /// Whether live sessions of other libraries can be asked for (<c>include_foreign</c> over HTTP, <c>includeExternal</c> in .NET). They are found by a scan over all keys of the Redis, which takes it from
    /// everybody's requests. So this is off by default, and only of use where another library shares the Redis.
    /// </summary>
    public bool ListExternalSessions { get; set; }
}
