using AgentStream.EventLog;

namespace AgentStream.Grains.Journal;

/// <summary>
/// A journal in a directory of one process: a file for each session, a line of JSON for each record, on the disk before it is acknowledged.
/// </summary>
/// <remarks>
/// A directory serves one process at a time, so the version alone proves who may write. A few threads write, each for sessions of its own: what comes while one
/// waits for the disk is written together and costs each session one flush. No file is open between appends.
/// </remarks>
public sealed class FileJournal : ISessionJournal, IDisposable
{
    // Flushes wait for the disk, which takes several at once better than one after the other; more than a few gain nothing.
    private const int WriterCount = 4;

    private readonly JournalDirectory _directory;
    private readonly FileStream _lock;
    private readonly FileJournalWriter[] _writers;

    /// <summary>Opens a directory, and makes it if it is not there.</summary>
    /// <param name="directory">The directory; nothing else is in it.</param>
    /// <exception cref="IOException">Another process uses the directory, or it cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not write there.</exception>
    public FileJournal(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = new JournalDirectory(Path.GetFullPath(directory));
        _lock = _directory.Lock();
        _writers = [.. Enumerable.Range(0, WriterCount).Select(_ => new FileJournalWriter(_directory))];
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">A line is no record; the message names the file and the line.</exception>
    /// <exception cref="IOException">The disk does not do it.</exception>
    public async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfNegative(afterVersion);
        cancellationToken.ThrowIfCancellationRequested();
        var job = new OpenJob(key, afterVersion);
        WriterOf(key).Add(job);
        using var file = await job.Opened;
        return file is null ? [] : await JournalFile.ReadAsync(file.Handle, _directory.FileOf(key), file.Length, afterVersion, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The disk does not do it. Whether the records are kept is not known; the journal is asked for its version.</exception>
    public async ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(records);
        var job = new AppendJob(owner, expectedVersion, JournalFile.Lines(records), records.Count);
        WriterOf(owner.Key).Add(job);
        await job.Kept.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The disk does not do it.</exception>
    public async ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        var job = new DeleteJob(owner.Key);
        WriterOf(owner.Key).Add(job);
        await job.Deleted.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Which sessions there are is seen by the names and times of the user's files; of those that are answered, the beginning is read for the title.</remarks>
    /// <exception cref="IOException">The disk does not do it.</exception>
    public async ValueTask<IReadOnlyList<JournaledSession>> ListAsync(UserKey user, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return await Task.Run<IReadOnlyList<JournaledSession>>(
            () =>
            {
                var sessions = new List<JournaledSession>();
                foreach (var (key, changed) in _directory.SessionsOf(user))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (sessions.Count == count)
                    {
                        break;
                    }

                    if (JournalFile.TryReadTitle(_directory.FileOf(key), out var title))
                    {
                        sessions.Add(new JournaledSession(key, new DateTimeOffset(changed), title));
                    }
                }

                return sessions;
            },
            cancellationToken);
    }

    /// <summary>
    /// Finds the sessions whose last run has not ended: at the start of a process, those that its predecessor left. Looks at the end of each session's file, so the cost
    /// grows with the number of sessions, not with their length; an append costs nothing for it.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The sessions, those of runs that are under way in this process among them.</returns>
    /// <exception cref="IOException">The disk does not do it.</exception>
    public Task<IReadOnlyList<SessionKey>> ListUnfinishedAsync(CancellationToken cancellationToken = default) => Task.Run<IReadOnlyList<SessionKey>>(
        () =>
        {
            var unfinished = new List<SessionKey>();
            foreach (var key in _directory.Sessions())
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    if (JournalFile.IsUnfinished(_directory.FileOf(key)))
                    {
                        unfinished.Add(key);
                    }
                }
                catch (FileNotFoundException)
                {
                    // Deleted meanwhile.
                }
            }

            return unfinished;
        },
        cancellationToken);

    /// <summary>Completes what is under way, and gives the directory back.</summary>
    public void Dispose()
    {
        Array.ForEach(_writers, writer => writer.Dispose());
        _lock.Dispose();
    }

    private FileJournalWriter WriterOf(SessionKey key) => _writers[(uint)key.GetHashCode() % WriterCount];
}
