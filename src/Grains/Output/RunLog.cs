using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Output;

/// <summary>The events of runs and their tools: 2000 to 2099. An id is never given to another event.</summary>
internal static partial class RunLog
{
    [LoggerMessage(2000, LogLevel.Error, "Run {Run} of session {Session} crashed. Reason: {Reason}. Reference: {Reference}.")]
    public static partial void RunCrashed(this ILogger logger, Exception exception, string run, SessionKey session, string reason, string reference);

    [LoggerMessage(2001, LogLevel.Information, "Run {Run} of session {Session} was handed off.")]
    public static partial void RunHandedOff(this ILogger logger, string run, SessionKey session);

    [LoggerMessage(2002, LogLevel.Warning, "Could not journal the hand-off of run {Run} of session {Session}.")]
    public static partial void HandOffNotJournaled(this ILogger logger, Exception exception, string run, SessionKey session);

    /// <param name="logger">Takes the line.</param>
    /// <param name="reason">The message of the <see cref="OwnershipLostException"/>: it names the run and the session.</param>
    [LoggerMessage(2003, LogLevel.Warning, "{Reason}")]
    public static partial void OwnershipLost(this ILogger logger, string reason);

    [LoggerMessage(2004, LogLevel.Error, "Run {Run} of session {Session} could not be brought to its end.")]
    public static partial void RunNotEnded(this ILogger logger, Exception exception, string run, SessionKey session);

    [LoggerMessage(2005, LogLevel.Warning, "Run {Run} of session {Session} waits for the stream store.")]
    public static partial void RunWaitsForStore(this ILogger logger, Exception exception, string run, SessionKey session);

    [LoggerMessage(
        2006,
        LogLevel.Warning,
        "The start of run {Run} of session {Session} had no answer, and could not be undone. A run that was started is handed off later.")]
    public static partial void StartNotUndone(this ILogger logger, Exception? exception, string run, SessionKey session);

    [LoggerMessage(2007, LogLevel.Warning, "The tokens of a response were not counted for user {User}.")]
    public static partial void TokensNotCounted(this ILogger logger, Exception exception, UserKey user);

    [LoggerMessage(2008, LogLevel.Information, "The model of agent {Agent} gave session {Session} no title.")]
    public static partial void TitleNotGenerated(this ILogger logger, Exception? exception, string agent, SessionKey session);

    [LoggerMessage(2009, LogLevel.Information, "The title of session {Session} that a model has made was not kept.")]
    public static partial void TitleNotKept(this ILogger logger, Exception exception, SessionKey session);

    [LoggerMessage(2010, LogLevel.Debug, "The title of session {Session} that a model has made was not needed: the session has one, or is gone.")]
    public static partial void TitleNotNeeded(this ILogger logger, SessionKey session);

    [LoggerMessage(2011, LogLevel.Debug, "The title of session {Session} that a model has made waits for the end of a run elsewhere.")]
    public static partial void TitleWaits(this ILogger logger, SessionKey session);

    [LoggerMessage(2012, LogLevel.Information, "Run {Run} of session {Session} is over here: {Ending}, after {Seconds:0.###} s.")]
    public static partial void RunOver(this ILogger logger, string run, SessionKey session, Enum ending, double seconds);

    [LoggerMessage(EventId = 2050, Message = "The tool {Tool} failed, in call {Call} of run {Run} of session {Session}.")]
    public static partial void ToolFailed(
        this ILogger logger, LogLevel level, Exception exception, string tool, string call, string run, SessionKey session);

    [LoggerMessage(2051, LogLevel.Warning, "The tool {Tool}, call {Call} of run {Run} of session {Session}, took longer than {Timeout}.")]
    public static partial void ToolTimedOut(this ILogger logger, string tool, string call, string run, SessionKey session, TimeSpan timeout);

    [LoggerMessage(
        2052,
        LogLevel.Information,
        "The model called the tool {Tool} with arguments that it does not take, in call {Call} of run {Run} of session {Session}.")]
    public static partial void ToolArgumentsRefused(this ILogger logger, string tool, string call, string run, SessionKey session);

    /// <summary>Apart, and as a trace: .NET's words may repeat the argument.</summary>
    [LoggerMessage(2055, LogLevel.Trace, "What could not be read of the arguments of call {Call} of run {Run} of session {Session}:")]
    public static partial void ToolArgumentsNotRead(this ILogger logger, Exception exception, string call, string run, SessionKey session);

    [LoggerMessage(2054, LogLevel.Error, "The approval policy failed, for the tool {Tool}, call {Call} of run {Run} of session {Session}. The call is not made.")]
    public static partial void ApprovalPolicyFailed(this ILogger logger, Exception exception, string tool, string call, string run, SessionKey session);

    [LoggerMessage(
        2053,
        LogLevel.Error,
        "The services of the tool {Tool}, call {Call} of run {Run} of session {Session}, could not be disposed of.")]
    public static partial void ToolScopeNotDisposed(
        this ILogger logger, Exception exception, string tool, string call, string run, SessionKey session);
}
