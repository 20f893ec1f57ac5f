using AgentStream.EventLog;
using Microsoft.Win32.SafeHandles;

namespace AgentStream.Grains.Journal;

/// <summary>What a <see cref="FileJournalWriter"/> is asked to do.</summary>
internal abstract class FileJournalJob(SessionKey key)
{
    public SessionKey Key => key;

    public abstract void Fail(Exception exception);

    // Whoever waits goes on elsewhere, not on the writer's thread.
    protected static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Adds lines to a file.</summary>
internal sealed class AppendJob(RunToken owner, long expectedVersion, ReadOnlyMemory<byte> lines, int count) : FileJournalJob(owner.Key)
{
    private readonly TaskCompletionSource<bool> _kept = NewSource<bool>();

    public RunToken Owner => owner;

    public long ExpectedVersion => expectedVersion;

    public ReadOnlyMemory<byte> Lines => lines;

    public int Count => count;

    /// <summary>Completes when the lines are on the disk.</summary>
    public Task Kept => _kept.Task;

    public void Complete() => _kept.TrySetResult(true);

    public override void Fail(Exception exception) => _kept.TrySetException(exception);
}

/// <summary>Removes a file.</summary>
internal sealed class DeleteJob(SessionKey key) : FileJournalJob(key)
{
    private readonly TaskCompletionSource<bool> _deleted = NewSource<bool>();

    public Task Deleted => _deleted.Task;

    public void Complete() => _deleted.TrySetResult(true);

    public override void Fail(Exception exception) => _deleted.TrySetException(exception);
}

/// <summary>Opens a file that has records behind a version.</summary>
internal sealed class OpenJob(SessionKey key, long afterVersion) : FileJournalJob(key)
{
    private readonly TaskCompletionSource<OpenedFile?> _opened = NewSource<OpenedFile?>();

    public long AfterVersion => afterVersion;

    /// <summary>The file; null when there are no such records.</summary>
    public Task<OpenedFile?> Opened => _opened.Task;

    public void Complete(OpenedFile? file) => _opened.TrySetResult(file);

    public override void Fail(Exception exception) => _opened.TrySetException(exception);
}

/// <summary>A file to read from.</summary>
/// <param name="Handle">The file.</param>
/// <param name="Length">How many bytes of it count.</param>
internal sealed record OpenedFile(SafeFileHandle Handle, long Length) : IDisposable
{
    public void Dispose() => Handle.Dispose();
}
