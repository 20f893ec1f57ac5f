using AgentStream.Events;
using AgentStream.Messages;

namespace AgentStream.Testing;

/// <summary>A run that is under way, or was. Its events are recorded from the first one on.</summary>
public sealed class LiveRun
{
    private readonly AgentStreamClient _client;
    private readonly Lock _lock = new();
    private readonly List<AgentEvent> _events = [];
    private readonly Task _recording;
    private bool _isOver;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal LiveRun(AgentStreamClient client, SessionKey session, string runId, IAsyncEnumerable<StreamEntry> entries)
    {
        (_client, Session, RunId) = (client, session, runId);
        _recording = RecordAsync(entries);
    }

    /// <summary>Gets the session.</summary>
    public SessionKey Session { get; }

    /// <summary>Gets the run's id.</summary>
    public string RunId { get; }

    /// <summary>Waits for the first token of an answer.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The text of the event that it came with.</returns>
    /// <exception cref="InvalidOperationException">The run ended without one.</exception>
    public async Task<string> WaitForFirstTokenAsync(CancellationToken cancellationToken = default) =>
        TextOf(await WaitForAsync<NodeEvent>(item => TextOf(item).Length > 0, cancellationToken).ConfigureAwait(false));

    /// <summary>Waits for an event. One that has come before counts.</summary>
    /// <typeparam name="TEvent">Its kind, such as <see cref="ToolCalled"/>.</typeparam>
    /// <param name="predicate">Which of that kind; null for the first.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The event.</returns>
    /// <exception cref="InvalidOperationException">The run ended without one.</exception>
    public async Task<TEvent> WaitForAsync<TEvent>(Func<TEvent, bool>? predicate = null, CancellationToken cancellationToken = default)
        where TEvent : AgentEvent
    {
        for (var read = 0; ;)
        {
            var (items, news, isOver) = Since(read);
            read += items.Count;
            if (items.OfType<TEvent>().FirstOrDefault(item => predicate?.Invoke(item) ?? true) is { } found)
            {
                return found;
            }

            if (isOver)
            {
                await _recording.ConfigureAwait(false);
                throw new InvalidOperationException($"The run ended without a {typeof(TEvent).Name} that was waited for.\n{await CompleteAsync(cancellationToken).ConfigureAwait(false)}");
            }

            await news.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Cancels the session's run.</summary>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>True for the one call that canceled the run; false when it had ended, or was canceled already.</returns>
    public Task<bool> CancelAsync(CancellationToken cancellationToken = default) => _client.CancelAsync(Session, cancellationToken);

    /// <summary>Waits for the run's end.</summary>
    /// <param name="cancellationToken">Gives up waiting; the run continues.</param>
    /// <returns>What it came to.</returns>
    /// <exception cref="InvalidOperationException">The session has no such run, or not any more.</exception>
    public async Task<RecordedRun> CompleteAsync(CancellationToken cancellationToken = default)
    {
        await _recording.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (Since(0).Items.Count == 0)
        {
            throw new InvalidOperationException($"Session {Session} has no run {RunId}: it neither waits for its turn nor is it one of the session's last.");
        }

        var session = await _client.GetSessionAsync(Session, cancellationToken).ConfigureAwait(false);
        return new RecordedRun(Session, RunId, Since(0).Items, session is null ? [] : ModelMessages.FromJson(session.Messages));
    }

    private static string TextOf(NodeEvent item) => item switch
    {
        TextStarted start => start.Text,
        TextDelta delta => delta.Text,
        _ => "",
    };

    private async Task RecordAsync(IAsyncEnumerable<StreamEntry> entries)
    {
        try
        {
            await foreach (var entry in entries.ConfigureAwait(false))
            {
                Add(AgentEvent.Read(entry));
            }
        }
        finally
        {
            Add(null);
        }
    }

    // Null says that no more events come.
    private void Add(AgentEvent? item)
    {
        TaskCompletionSource news;
        lock (_lock)
        {
            news = _news;
            if (item is not null)
            {
                _events.Add(item);
                _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            else
            {
                _isOver = true;
            }
        }

        news.TrySetResult();
    }

    private (IReadOnlyList<AgentEvent> Items, Task News, bool IsOver) Since(int read)
    {
        lock (_lock)
        {
            return ([.. _events.Skip(read)], _news.Task, _isOver);
        }
    }
}
