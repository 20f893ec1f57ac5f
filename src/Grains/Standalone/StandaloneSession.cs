using AgentStream.Grains.Runs;
using AgentStream.Grains.Standalone;
using AgentStream.Messages;
using AgentStream.Storage.Journal;

namespace AgentStream;

/// <summary>A session in the hands of a program that runs agents without grains: its history, and where that is kept. It serves one run at a time.</summary>
public sealed class StandaloneSession
{
    /// <summary>A session that is kept in a journal: every finished response and every tool result as it comes.</summary>
    /// <param name="journal">The journal.</param>
    public StandaloneSession(ISessionJournal journal)
    {
        ArgumentNullException.ThrowIfNull(journal);
        Journal = journal;
    }

    /// <summary>
    /// A session that is kept as one document, as with the Python library's <c>load</c> and <c>save</c>. Here it is saved after each finished response and at the end of
    /// each run, so that a canceled or crashed run keeps what it had.
    /// </summary>
    /// <param name="load">Gives the messages that <paramref name="save"/> got last; none for a new session. Called once.</param>
    /// <param name="save">Keeps all messages of the session.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    public StandaloneSession(
        Func<CancellationToken, ValueTask<IReadOnlyList<ModelMessage>>> load,
        Func<IReadOnlyList<ModelMessage>, CancellationToken, ValueTask> save,
        TimeProvider? timeProvider = null)
        : this(new DocumentJournal(load, save, timeProvider ?? TimeProvider.System))
    {
    }

    /// <summary>The messages so far: requests and responses in turn. It grows while a run is under way.</summary>
    public IReadOnlyList<ModelMessage> Messages => State.Messages;

    internal ISessionJournal Journal { get; }

    internal SessionState State { get; } = new();
}
