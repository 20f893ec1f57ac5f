namespace AgentStream;

/// <summary>The settings of runs, from the configuration section <c>AgentStream</c> or from code. They are validated at start.</summary>
public sealed class AgentStreamOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "AgentStream";

    /// <summary>The name of the connection string of the Redis to use; without it, events stay in memory.</summary>
    public const string RedisConnectionName = "redis";

    /// <summary>The maximum length of a user's prompt, in characters: what fits into the 1 MiB that the HTTP edge takes as a body.</summary>
    public const int MaxPromptLength = 1_000_000;

    /// <summary>Gets the shortest <see cref="ApprovalTimeout"/>: 1 s.</summary>
    public static TimeSpan MinApprovalTimeout { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets the longest <see cref="ApprovalTimeout"/>: 365 days.</summary>
    public static TimeSpan MaxApprovalTimeout { get; } = TimeSpan.FromDays(365);

    /// <summary>The origin of <c>event</c> entries. Not empty.</summary>
    public string EventOrigin { get; set; } = Protocol.DefaultEventOrigin;

    /// <summary>How long a run's stream stays after its <c>end</c>, so that late listeners see it: 0 to 1 hour. The Python library's default is 5 s.</summary>
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a model may be silent, from the request to its first update and between updates, before the run ends as crashed: 10 ms to 1 day.</summary>
    public TimeSpan ModelSilence { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>How long a tool may take before the model is told that it failed: 10 ms to 1 day.</summary>
    public TimeSpan ToolTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a call waits for a person or for the client, 1 s to 365 days. When nobody has answered by then, it counts as denied, and the run continues. When it is left out (null), calls wait for as
    /// long as it takes. An agent may have a time of its own.
    /// </summary>
    public TimeSpan? ApprovalTimeout { get; set; }

    /// <summary>Whether a run whose process died continues in the process that recovers it; otherwise it ends there as crashed.</summary>
    public bool ResumeRuns { get; set; } = true;

    /// <summary>
    /// How long a process that shuts down in order waits for its runs to come to a place where another process can continue them without doing anything twice, 0 to 10 min: the end of a response, or of
    /// the tool calls under way. What is not there by then is broken off, and the node that was under way starts again elsewhere. <c>docker stop</c> kills after 10 s by default, Kubernetes after 30 s.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The most nodes (requests to the model) of one run, 1 to 10,000; a run that wants more ends as crashed.</summary>
    public int MaxNodes { get; set; } = 50;

    /// <summary>
    /// How long one response of a model may be, 1,000 to 16,000,000: the characters of its text and thoughts, and the bytes of its tool calls' arguments and of its files. Each part of it counts for 100 more.
    /// A run whose model gives a longer one ends as crashed, with the reason <see cref="FailureReasons.Limit"/>. No model is known that writes a tenth of the default, 4,000,000: it takes about
    /// 50 MB of memory while it streams. What a whole run can take is bounded by this and <see cref="MaxNodes"/>.
    /// </summary>
    public int MaxAnswerLength { get; set; } = 4_000_000;

    /// <summary>The most tool calls of one response, 1 to 1,000; a run whose model makes more ends as crashed, with the reason <see cref="FailureReasons.Limit"/>, and none of them is made.</summary>
    public int MaxToolCallsPerAnswer { get; set; } = 128;

    /// <summary>
    /// The most bytes that the arguments of one tool call may have as JSON, 1,000 to 16,000,000. A call with more is not made and its arguments are not kept; the model is told, and can try again.
    /// </summary>
    public int MaxToolArguments { get; set; } = 1_000_000;

    /// <summary>The most tool calls of one run, 1 to 100,000; a run that wants more ends as crashed, with the reason <see cref="FailureReasons.Limit"/>, before the calls of that response are made.</summary>
    public int MaxToolCalls { get; set; } = 500;

    /// <summary>How many tool calls of one run are made at the same time, 1 to 1,000; the others wait for their turn, and <see cref="ToolTimeout"/> is counted from then on.</summary>
    public int MaxParallelToolCalls { get; set; } = 16;

    /// <summary>Gets the limits of sessions, users and scopes: section <c>AgentStream:Limits</c>.</summary>
    public LimitOptions Limits { get; } = new();

    /// <summary>
    /// Whether users and models are told the messages of exceptions. Off, they hear that a tool or a run failed, and the log has the exception; what a <see cref="ToolException"/> says, they hear always.
    /// When it is left out (null): on in the environment <c>Development</c>, off elsewhere.
    /// </summary>
    public bool? IncludeDetailedErrors { get; set; }

    /// <summary>
    /// Whether deltas of one part that wait behind each other, because the model speaks faster than the log takes them, are written as one. Listeners then get the same text in the same order
    /// in fewer and larger pieces. Off, each piece is the model's own, as the protocol's original has it.
    /// </summary>
    public bool CoalesceDeltas { get; set; }

    /// <summary>Whether the log has a line for each run that is over in this process, with how it ended and how long it took.</summary>
    public bool LogRuns { get; set; }

    /// <summary>
    /// Whether the events of each run also go into an Orleans stream, for grains that subscribe to them (<see cref="SessionStreams"/>). The silo then
    /// needs a stream provider named <see cref="SessionStreams.ProviderName"/>.
    /// </summary>
    public bool MirrorToStreams { get; set; }
}
