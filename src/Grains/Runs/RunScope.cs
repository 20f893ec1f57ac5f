using System.Collections;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Runs;

/// <summary>The scope of what is logged during a run, by whichever logger: the ids of session and run.</summary>
internal sealed class RunScope : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly string _session;
    private readonly string _run;

    private RunScope(AgentRun run) => (_session, _run) = (run.Key.ToString(), run.RunId);

    public int Count => 2;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("Session", _session),
        1 => new("Run", _run),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    /// <summary>Opens the scope of a run, if anybody logs.</summary>
    public static IDisposable? Begin(ILogger logger, AgentRun run) => logger.IsEnabled(LogLevel.Critical) ? logger.BeginScope(new RunScope(run)) : null;

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return this[0];
        yield return this[1];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"Session:{_session} Run:{_run}";
}
