namespace AgentStream;

/// <summary>What a run is to do.</summary>
/// <param name="Prompt">What the user says; not empty, at most <see cref="AgentStreamOptions.MaxPromptLength"/> characters.</param>
/// <param name="Agent">The name of a registered agent, at most <see cref="RunRequestRules.MaxAgentLength"/> characters; null is the one that was registered first.</param>
/// <param name="OnBusy">What becomes of it when the session has a run under way.</param>
/// <param name="IdempotencyKey">
/// By which the request is known when it is sent again: 1 to <see cref="RunRequestRules.MaxKeyLength"/> printable ASCII characters. The same key, agent, prompt and tools give the run that there is
/// already; a session remembers its last <see cref="RunRequestRules.RememberedKeys"/> keys. Null: each request is a run of its own.
/// </param>
/// <param name="Tools">
/// Tools that the client carries out, for this turn: at most <see cref="RunRequestRules.MaxTools"/>. None may have the name of a tool that the silo calls. A run that calls one pauses, and continues with the
/// client's result (<see cref="ToolResultAnswer"/>). Null for none.
/// </param>
/// <param name="Claims">
/// What is known of the user, for the policies of the agent and its tools, and for the claims that the agent asks for: at most <see cref="RunRequestRules.MaxClaimsLength"/> characters in all. The HTTP edge
/// fills in those of the authenticated request. Null when nobody has authenticated the user: then no policy is met.
/// </param>
[GenerateSerializer, Immutable, Alias("AgentStream.RunRequest")]
public sealed record RunRequest([property: Id(0)] string Prompt, [property: Id(1)] string? Agent = null, [property: Id(2)] BusySessionBehavior OnBusy = BusySessionBehavior.Reject,
    [property: Id(3)] string? IdempotencyKey = null, [property: Id(4)] IReadOnlyList<ClientTool>? Tools = null, [property: Id(5)] IReadOnlyList<UserClaim>? Claims = null)
{
    /// <summary>
    /// The URL that is to hear how the run ends, of a host among <see cref="WebhookOptions.AllowedHosts"/>; at most <see cref="WebhookUrls.MaxLength"/> characters. Not with
    /// <see cref="BusySessionBehavior.Steer"/>, since such a prompt may join the run of another. Null for none.
    /// </summary>
    [Id(6)]
    public string? Webhook { get; init; }
}

/// <summary>A run that has begun, or waits for the end of another.</summary>
/// <param name="RunId">The run's id, a UUID of version 7.</param>
/// <param name="Begin">
/// The cursor of the run's <c>begin</c>: a listener that continues behind it sees the rest of this run. <see cref="Cursor.Start"/> for a run that waits, and for one that was started by the same request
/// before and whose stream is gone.
/// </param>
/// <param name="QueuePosition">Its place among the prompts that wait for the session, from 1; 0 for a run that has begun.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.StartedRun")]
public sealed record StartedRun([property: Id(0)] string RunId, [property: Id(1)] Cursor Begin, [property: Id(2)] int QueuePosition = 0);
