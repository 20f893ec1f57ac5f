using Orleans.Concurrency;

namespace AgentStream;

/// <summary>A session: it runs the agent, keeps the history and writes the stream. Its key is <see cref="SessionKey.ToString"/>.</summary>
[Alias("AgentStream.ISessionGrain")]
public interface ISessionGrain : IGrainWithStringKey
{
    /// <summary>Starts a run and answers as soon as its <c>begin</c> is in the stream, or it waits for its turn; the run continues by itself.</summary>
    /// <param name="request">What to run.</param>
    /// <returns>The run, and where its stream begins.</returns>
    /// <exception cref="InvalidInputException">The prompt is empty or too long, or a tool breaks its rule, or has the name of one of the agent's.</exception>
    /// <exception cref="UnknownAgentException">No such agent is registered.</exception>
    /// <exception cref="SessionBusyException">
    /// The session has a run under way, and the request does not want to wait for it or replace it; or too many prompts wait already; or the run that was canceled for this one does not come to its end.
    /// </exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [Alias("StartAsync")]
    Task<StartedRun> StartAsync(RunRequest request);

    /// <summary>Starts the first of the prompts that wait for the session, if there is one and no run is under way. Silos call this; nobody else has to.</summary>
    /// <returns>A task that completes when that is done.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [Alias("StartWaitingAsync")]
    Task StartWaitingAsync();

    /// <summary>Whether a run still waits for its turn (<see cref="BusySessionBehavior.Queue"/>).</summary>
    /// <param name="runId">The run.</param>
    /// <returns>False when it has begun, or was dropped with its session.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [AlwaysInterleave, Alias("IsWaitingAsync")]
    Task<bool> IsWaitingAsync(string runId);

    /// <summary>The run that is under way in this grain.</summary>
    /// <returns>The run's id; null when there is none here. The session may have one elsewhere nevertheless.</returns>
    [AlwaysInterleave, Alias("GetLiveRunIdAsync")]
    Task<string?> GetLiveRunIdAsync();

    /// <summary>Cancels a run, whoever runs it. A run in this grain stops at once.</summary>
    /// <param name="request">The run. Null: the one that the session has, and the request is not remembered.</param>
    /// <returns>True for the one request that canceled the run; false when there was none, or it was canceled already.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach. A run in this grain was stopped.</exception>
    [AlwaysInterleave, Alias("CancelAsync")]
    Task<bool> CancelAsync(CancelRequest? request = null);

    /// <summary>Answers a request of the session. With the answer to the last open one the session's agent continues, in a new run.</summary>
    /// <param name="answer">The answer.</param>
    /// <returns>What it has led to. The same answer again gets the same.</returns>
    /// <exception cref="UnknownRequestException">The session has no such request (any more).</exception>
    /// <exception cref="RequestAnsweredException">The request has another answer already.</exception>
    /// <exception cref="InvalidInputException">The answer is not of the form that its documentation asks for, or the arguments do not fit the tool.</exception>
    /// <exception cref="UnknownAgentException">The session's agent is not registered here.</exception>
    /// <exception cref="SessionBusyException">Another run is under way and does not come to its end.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach. It is not known whether the answer counts: give it again.</exception>
    [Alias("AnswerAsync")]
    Task<AnswerReceipt> AnswerAsync(RequestAnswer answer);

    /// <summary>Takes a permission back that was given for later calls, too.</summary>
    /// <param name="ruleId">The rule.</param>
    /// <returns>False when the session has no such rule (any more).</returns>
    /// <exception cref="SessionBusyException">The session has a run under way. Nothing was changed.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [Alias("RevokeRuleAsync")]
    Task<bool> RevokeRuleAsync(string ruleId);

    /// <summary>Gives the session a title, also while a run is under way in this grain. Its place in lists of sessions stays.</summary>
    /// <param name="title">The title, by the rules of <see cref="SessionTitleRules"/>.</param>
    /// <returns>False when nobody has ever written to the session.</returns>
    /// <exception cref="InvalidInputException">The title breaks a rule.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way that is not this grain's. Nothing was changed.</exception>
    /// <exception cref="LimitExceededException">It is more than a limit of journals allows.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [Alias("RenameAsync")]
    Task<bool> RenameAsync(string title);

    /// <summary>Has a prompt come at a time, or again and again. The session may be new, and have a run under way.</summary>
    /// <param name="request">What is to come, and when.</param>
    /// <returns>The schedule. The same request again gets the same.</returns>
    /// <exception cref="InvalidInputException">A field breaks its rule; the exception names both.</exception>
    /// <exception cref="UnknownAgentException">No such agent is registered.</exception>
    /// <exception cref="PolicyNotMetException">The user may not use the agent.</exception>
    /// <exception cref="IdempotencyConflictException">Another schedule of the session had the same key.</exception>
    /// <exception cref="LimitExceededException">The session has <see cref="ScheduleRequestRules.MaxSchedules"/> schedules, or its journal is full.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way in a process that does not have this grain. Nothing was changed.</exception>
    /// <exception cref="NotSupportedException">The silo's journal outlives its timers: after a restart, nobody would look at the schedule.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach. It is not known whether the schedule was set: send it again, with a key.</exception>
    [Alias("SetScheduleAsync")]
    Task<Schedule> SetScheduleAsync(ScheduleRequest request);

    /// <summary>The prompts that are to come.</summary>
    /// <returns>The schedules, in the order in which they were set; none for a session that does not exist.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [Alias("ListSchedulesAsync")]
    Task<Schedule[]> ListSchedulesAsync();

    /// <summary>Takes a schedule back. A prompt of it that has come already stays, also in the queue.</summary>
    /// <param name="scheduleId">The schedule.</param>
    /// <returns>False when the session has no such schedule (any more).</returns>
    /// <exception cref="SessionBusyException">The session has a run under way in a process that does not have this grain. Nothing was changed.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [Alias("CancelScheduleAsync")]
    Task<bool> CancelScheduleAsync(string scheduleId);

    /// <summary>What the session has come to.</summary>
    /// <returns>The session; null when nobody has ever written to it.</returns>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [Alias("GetAsync")]
    Task<SessionSnapshot?> GetAsync();

    /// <summary>Shows from the journal what a reader has missed, for as long as the session exists: the rest of the first run behind a cursor that has ended.</summary>
    /// <param name="after">The cursor of the last entry that the reader has.</param>
    /// <param name="before">Runs that begin there or later are left out: the stream has them. Null for none.</param>
    /// <param name="node">The first node to show, from 0; what <see cref="ReplayedRun.Next"/> says, to continue.</param>
    /// <param name="shown">How many of the run's entries the reader has been shown in this way behind the cursor.</param>
    /// <returns>The run, or the part of it that fits into about a mebibyte; null when the reader has missed nothing, or nothing is known of it.</returns>
    /// <exception cref="StorageUnavailableException">The journal is out of reach.</exception>
    [Alias("ReplayAsync")]
    Task<ReplayedRun?> ReplayAsync(Cursor after, Cursor? before = null, int node = 0, int shown = 0);

    /// <summary>Replaces the session's history with one from elsewhere.</summary>
    /// <param name="messages">The messages as JSON, UTF-8, in the format of docs/protocol.md.</param>
    /// <returns>A task that completes when the history is kept.</returns>
    /// <exception cref="InvalidInputException">The JSON is not of that format; the exception names the place. Nothing was changed.</exception>
    /// <exception cref="SessionBusyException">The session has a run under way. Nothing was changed.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [Alias("ImportAsync")]
    Task ImportMessagesAsync([Immutable] byte[] messages);

    /// <summary>Forgets the session's history, the prompts that wait for it, and its schedules.</summary>
    /// <returns>A task that completes when nothing is left of it.</returns>
    /// <exception cref="SessionBusyException">The session has a run under way. Nothing was changed.</exception>
    /// <exception cref="StorageUnavailableException">The stream store is out of reach.</exception>
    [Alias("DeleteAsync")]
    Task DeleteAsync();
}
