namespace AgentStream;

/// <summary>
/// Starts, follows, cancels and finds runs. There is one for programs in the cluster or beside it (<c>AgentStream.Client</c>) and one for programs outside,
/// over HTTP (<c>AgentStream.Client.Http</c>); what both do on top of these members is in <see cref="AgentStreamClientExtensions"/>.
/// </summary>
/// <remarks>
/// Any member may throw <see cref="StorageUnavailableException"/> when the stream store is out of reach; then it is not known whether it took effect. Over HTTP the server itself may be
/// out of reach too, or refuse; that client says with which exceptions.
/// </remarks>
public interface IAgentStreamClient
{
    /// <summary>Starts a run and answers as soon as its <c>begin</c> is in the stream, or it is known to wait for its turn; the run continues by itself.</summary>
    /// <param name="key">The session.</param>
    /// <param name="request">What to run.</param>
    /// <param name="cancellationToken">Gives up waiting; a run that has started continues.</param>
    /// <returns>The run, and where its stream begins, or its place among those that wait.</returns>
    /// <exception cref="InvalidInputException">The prompt is empty or too long, or a tool breaks its rule, or has the name of one of the agent's.</exception>
    /// <exception cref="UnknownAgentException">No such agent is registered.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way, and the request does not want to wait for it or replace it; or that cannot be done.</exception>
    /// <exception cref="LimitExceededException">It is more than a limit of the user or of its scope allows.</exception>
    Task<StartedRun> StartAsync(SessionKey key, RunRequest request, CancellationToken cancellationToken = default);

    /// <summary>Starts a run and follows it, from its <c>begin</c> to its end, without <c>end</c>. The run is started once, when the first event is asked for, and never again. One that waits for its turn is waited for.</summary>
    /// <param name="key">The session.</param>
    /// <param name="request">What to run.</param>
    /// <param name="cancellationToken">Ends the listening; a run that has started continues.</param>
    /// <returns>The events. They stop early when the session has begun another run before they were all read.</returns>
    /// <exception cref="InvalidInputException">The prompt is empty or too long, or a tool breaks its rule, or has the name of one of the agent's.</exception>
    /// <exception cref="UnknownAgentException">No such agent is registered.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way, and the request does not want to wait for it or replace it; or that cannot be done.</exception>
    /// <exception cref="OperationCanceledException">The listening was ended by the token.</exception>
    IAsyncEnumerable<StreamEntry> StartAndListenAsync(SessionKey key, RunRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Follows a session: every event behind the cursor once and in order, without <c>end</c>, at which it completes. Where there is nothing to follow it completes at once.
    /// It starts nothing, and outlives lost connections.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="after">Events behind this place; null for all of the current run.</param>
    /// <param name="cancellationToken">Ends the listening; the run continues.</param>
    /// <returns>
    /// The events. A <c>begin</c> supersedes all before it. Behind a cursor, what the stream does not have any more comes from the journal for as long as the session exists, as docs/protocol.md has it.
    /// </returns>
    /// <exception cref="RunFailedException">
    /// The stream was gone before the run's <c>end</c>: the stream store has lost its data, or the listener was slower than the grace period, or another library's run was left behind by a crash. Over HTTP, a
    /// server that is asked again knows of no run, and then the listening completes.
    /// </exception>
    /// <exception cref="OperationCanceledException">The listening was ended by the token.</exception>
    IAsyncEnumerable<StreamEntry> ListenRawAsync(SessionKey key, Cursor? after = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Follows a session over its runs: the current one and those after it, each from its <c>begin</c> to its <c>end</c>, which it gives, too. It does not complete: between two runs it waits. It
    /// starts nothing, and outlives lost connections.
    /// </summary>
    /// <param name="key">The session. It may have no run so far.</param>
    /// <param name="after">Events behind this place; null for all of the current run.</param>
    /// <param name="cancellationToken">Ends the listening; the runs continue.</param>
    /// <returns>The events, each once and in order. A <c>begin</c> supersedes all of its run before it. What the stream does not have any more behind the cursor comes from the journal, as docs/protocol.md has it.</returns>
    /// <exception cref="OperationCanceledException">The listening was ended by the token.</exception>
    IAsyncEnumerable<StreamEntry> ListenToSessionAsync(SessionKey key, Cursor? after = null, CancellationToken cancellationToken = default);

    /// <summary>Cancels a session's run, whichever process runs it.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>True for the one call that canceled the run; false when there was none, or it was canceled already.</returns>
    Task<bool> CancelAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Whether a session has a run under way that nobody has canceled.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>True if it has.</returns>
    Task<bool> IsLiveAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>A user's live sessions.</summary>
    /// <param name="user">The user.</param>
    /// <param name="includeExternal">Also find sessions that another library started, by a scan over all keys. They are known as of a second ago at most, or of the time that the scan took.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Their keys, sorted by session id.</returns>
    /// <exception cref="InvalidInputException">Sessions of other libraries are asked for, and the server does not list them: the setting <c>AgentStream:ListExternalSessions</c> is off.</exception>
    Task<SessionKey[]> GetLiveSessionsAsync(UserKey user, bool includeExternal = false, CancellationToken cancellationToken = default);

    /// <summary>A user's sessions, live or not.</summary>
    /// <param name="user">The user.</param>
    /// <param name="count">The most sessions that are not live to answer with; from 1 to <see cref="SessionSummary.MaxCount"/>.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The sessions, those that last grew first. The live ones are all among them; what only another library has written is not.</returns>
    /// <exception cref="InvalidInputException">The count is out of its range.</exception>
    Task<SessionSummary[]> ListSessionsAsync(UserKey user, int count = SessionSummary.DefaultCount, CancellationToken cancellationToken = default);

    /// <summary>A page of a user's sessions, live or not, perhaps of those whose titles have some words. <see cref="AgentStreamClientExtensions.EnumerateSessionsAsync"/> goes through all pages.</summary>
    /// <param name="user">The user.</param>
    /// <param name="query">Which sessions.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The sessions, those that last grew first, and how to ask for those after them.</returns>
    /// <exception cref="InvalidInputException">A field of the query breaks its rule; the exception names it.</exception>
    Task<SessionPage> ListSessionsAsync(UserKey user, SessionQuery query, CancellationToken cancellationToken = default);

    /// <summary>The limits that a user is held to, and how much of each is used.</summary>
    /// <param name="user">The user.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>Those that are set, the user's own and the scope's. Over HTTP, those of listeners are among them.</returns>
    Task<LimitUsage[]> GetLimitsAsync(UserKey user, CancellationToken cancellationToken = default);

    /// <summary>What a session has come to.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The session; null when nobody has ever written to it.</returns>
    Task<SessionSnapshot?> GetSessionAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Answers a request of a session. With the answer to the last open one the session's agent continues, in a new run.</summary>
    /// <param name="key">The session.</param>
    /// <param name="answer">The answer: an <see cref="ApprovalAnswer"/> or a <see cref="ToolResultAnswer"/>.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer's receipt; the answer may count nevertheless.</param>
    /// <returns>What it has led to. The same answer again gets the same.</returns>
    /// <exception cref="UnknownRequestException">The session has no such request (any more).</exception>
    /// <exception cref="RequestAnsweredException">The request has another answer already.</exception>
    /// <exception cref="InvalidInputException">The answer breaks a rule, or the arguments do not fit the tool's schema; the exception names the field.</exception>
    /// <exception cref="SessionBusyException">Another run is under way and does not come to its end.</exception>
    Task<AnswerReceipt> AnswerAsync(SessionKey key, RequestAnswer answer, CancellationToken cancellationToken = default);

    /// <summary>Takes a permission back that was given for later calls, too.</summary>
    /// <param name="key">The session.</param>
    /// <param name="ruleId">The rule: <see cref="SessionSnapshot.Rules"/>.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>False when the session has no such rule (any more).</returns>
    /// <exception cref="SessionBusyException">The session has a run under way. Nothing was changed.</exception>
    Task<bool> RevokeRuleAsync(SessionKey key, string ruleId, CancellationToken cancellationToken = default);

    /// <summary>Gives a session a title, also while it has a run under way. Its place in lists of sessions stays.</summary>
    /// <param name="key">The session.</param>
    /// <param name="title">The title: 1 to <see cref="SessionTitleRules.MaxLength"/> characters without control characters. White space around it is left out.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>False when nobody has ever written to the session.</returns>
    /// <exception cref="InvalidInputException">The title breaks a rule.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way that its grain does not have: one of another library, or one that is being recovered. Nothing was changed.</exception>
    /// <exception cref="LimitExceededException">It is more than a limit of the user or of its scope allows.</exception>
    Task<bool> RenameSessionAsync(SessionKey key, string title, CancellationToken cancellationToken = default);

    /// <summary>Has a prompt come at a time, or again and again. The session may be new, and have a run under way.</summary>
    /// <param name="key">The session.</param>
    /// <param name="request">What is to come, and when.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="InvalidInputException">A field breaks its rule; the exception names both.</exception>
    /// <exception cref="UnknownAgentException">No such agent is registered.</exception>
    /// <exception cref="IdempotencyConflictException">Another schedule of the session had the same key.</exception>
    /// <exception cref="LimitExceededException">The session has <see cref="ScheduleRequestRules.MaxSchedules"/> schedules, or its journal is full.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way that its grain does not have, as in a recovery. Nothing was changed.</exception>
    Task<Schedule> SetScheduleAsync(SessionKey key, ScheduleRequest request, CancellationToken cancellationToken = default);

    /// <summary>The prompts that are to come in a session.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The schedules, in the order in which they were set; none for a session that does not exist.</returns>
    Task<Schedule[]> ListSchedulesAsync(SessionKey key, CancellationToken cancellationToken = default);

    /// <summary>Takes a schedule back. A prompt of it that has come already stays, also in the queue.</summary>
    /// <param name="key">The session.</param>
    /// <param name="scheduleId">The schedule: <see cref="Schedule.Id"/>.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>False when the session has no such schedule (any more).</returns>
    /// <exception cref="SessionBusyException">The session has a run under way that its grain does not have, as in a recovery. Nothing was changed.</exception>
    Task<bool> CancelScheduleAsync(SessionKey key, string scheduleId, CancellationToken cancellationToken = default);

    /// <summary>Replaces a session's history with one from elsewhere.</summary>
    /// <param name="key">The session.</param>
    /// <param name="messages">The messages as JSON, UTF-8, in the format of docs/protocol.md.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when the history is kept.</returns>
    /// <exception cref="InvalidInputException">The JSON is not of that format; the exception names the place. Nothing was changed.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way. Nothing was changed.</exception>
    Task ImportMessagesAsync(SessionKey key, byte[] messages, CancellationToken cancellationToken = default);

    /// <summary>Forgets a session's history.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>A task that completes when nothing is left of it.</returns>
    /// <exception cref="SessionBusyException">The session has a run under way. Nothing was changed.</exception>
    Task DeleteSessionAsync(SessionKey key, CancellationToken cancellationToken = default);
}
