namespace AgentStream.Cli.Top;

/// <summary>What there was to see at a moment.</summary>
/// <param name="At">The moment.</param>
/// <param name="Silos">The silos; null where only the caller's own runs are to be seen.</param>
/// <param name="Runs">The live runs, the oldest first.</param>
/// <param name="RunCount">How many there are.</param>
internal sealed record TopLook(DateTimeOffset At, IReadOnlyList<TopSilo>? Silos, IReadOnlyList<TopRun> Runs, int RunCount);

/// <summary>A silo.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address.</param>
/// <param name="Status">What the cluster takes it for.</param>
/// <param name="Since">When it started.</param>
/// <param name="Figures">What it says of itself; null when it says nothing.</param>
internal sealed record TopSilo(string Name, string Address, string Status, DateTimeOffset Since, SiloFigures? Figures);

/// <summary>A live run.</summary>
/// <param name="Session">Its session.</param>
/// <param name="User">Its user, with the scope; null where it is the caller.</param>
/// <param name="Title">The session's title; null where that is not known.</param>
/// <param name="Agent">Its agent; null where that is not known.</param>
/// <param name="Silo">The address of its silo; null where that is not known.</param>
/// <param name="Since">When it began; null where that is not known.</param>
/// <param name="Entries">How many entries its silo has appended; null where that is not known.</param>
internal sealed record TopRun(string Session, string? User, string? Title, string? Agent, string? Silo, DateTimeOffset? Since, long? Entries);
