using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace AgentStream.Grains.Journal;

/// <summary>
/// A thread that writes the files of some sessions, and nobody else does. In a round it writes all that waits for it, then flushes each file once, then says so.
/// It is a thread of its own since a flush blocks, and the thread pool has better things to do.
/// </summary>
internal sealed class FileJournalWriter : IDisposable
{
    // Bounds the files that are open at once.
    private const int RoundJobs = 64;

    // What is forgotten is counted again; this many sessions take some MB.
    private const int MaxKnown = 16_384;

    private readonly JournalDirectory _directory;
    private readonly BlockingCollection<FileJournalJob> _jobs = [];
    private readonly Dictionary<SessionKey, FileState> _known = [];
    private readonly Dictionary<SessionKey, WrittenFile> _written = [];
    private readonly HashSet<string> _flushed = [];
    private readonly Thread _thread;

    public FileJournalWriter(JournalDirectory directory)
    {
        _directory = directory;
        _thread = new Thread(Work) { IsBackground = true, Name = "journal" };
        _thread.Start();
    }

    /// <summary>Has a job done; it says itself when it is.</summary>
    /// <exception cref="ObjectDisposedException">The journal is closed.</exception>
    public void Add(FileJournalJob job)
    {
        ObjectDisposedException.ThrowIf(_jobs.IsAddingCompleted, typeof(FileJournal));
        _jobs.Add(job);
    }

    /// <summary>Does what waits, and ends the thread.</summary>
    public void Dispose()
    {
        _jobs.CompleteAdding();
        _thread.Join();
    }

    private void Work()
    {
        foreach (var first in _jobs.GetConsumingEnumerable())
        {
            Do(first);
            for (var jobs = 1; jobs < RoundJobs && _jobs.TryTake(out var next); jobs++)
            {
                Do(next);
            }

            Flush();
        }
    }

    private void Do(FileJournalJob job)
    {
        try
        {
            switch (job)
            {
                case AppendJob append:
                    Write(append);
                    break;
                case DeleteJob delete:
                    Flush();
                    Delete(delete);
                    break;
                case OpenJob open:
                    // Readers see nothing that is not on the disk.
                    if (_written.ContainsKey(open.Key))
                    {
                        Flush();
                    }

                    open.Complete(Open(open));
                    break;
            }
        }
        catch (Exception e)
        {
            job.Fail(e);
        }
    }

    private void Write(AppendJob append)
    {
        var isOpen = _written.TryGetValue(append.Key, out var file);
        var state = isOpen ? file!.State : Load(append.Key);
        if (state.Version != append.ExpectedVersion)
        {
            throw JournalErrors.OtherVersion(append.Owner, state.Version, append.ExpectedVersion);
        }

        try
        {
            if (!isOpen)
            {
                _directory.MakeFor(append.Key);
                file = new(File.OpenHandle(_directory.FileOf(append.Key), FileMode.OpenOrCreate, FileAccess.Write, JournalFile.Sharing), state, []);
                _written.Add(append.Key, file);
            }

            RandomAccess.Write(file!.Handle, append.Lines.Span, state.Length);
            file.State = state with { Version = state.Version + append.Count, Length = state.Length + append.Lines.Length };
            file.Appends.Add(append);
        }
        catch
        {
            // Half of it may be there; whoever comes next finds that out and cuts it off.
            Flush();
            _known.Remove(append.Key);
            throw;
        }
    }

    private void Flush()
    {
        foreach (var (key, file) in _written)
        {
            try
            {
                using (file.Handle)
                {
                    RandomAccess.FlushToDisk(file.Handle);
                }

                // The file's name has to be on the disk, too. That it was there before says nothing: the one who made it may have died.
                foreach (var directory in file.State.IsNamed ? [] : _directory.DirectoriesOf(key))
                {
                    if (_flushed.Add(directory))
                    {
                        DirectoryFlush.Flush(directory);
                    }
                }

                _known[key] = file.State with { IsNamed = true };
                file.Appends.ForEach(append => append.Complete());
            }
            catch (Exception e)
            {
                _known.Remove(key);
                file.Appends.ForEach(append => append.Fail(e));
            }
        }

        _written.Clear();
        _flushed.Clear();
    }

    private void Delete(DeleteJob delete)
    {
        _known.Remove(delete.Key);
        var file = _directory.FileOf(delete.Key);
        if (File.Exists(file))
        {
            File.Delete(file);
            DirectoryFlush.Flush(Path.GetDirectoryName(file)!);
        }

        delete.Complete();
    }

    /// <summary>The file is opened here, so that it cannot be another by the time it is read.</summary>
    private OpenedFile? Open(OpenJob open)
    {
        var state = Load(open.Key);
        return state.Version <= open.AfterVersion
            ? null
            : new(File.OpenHandle(_directory.FileOf(open.Key), FileMode.Open, FileAccess.Read, JournalFile.Sharing), state.Length);
    }

    /// <summary>How far a session's file goes. What an append that was never acknowledged left behind its end is cut off.</summary>
    private FileState Load(SessionKey key)
    {
        if (_known.TryGetValue(key, out var known))
        {
            return known;
        }

        var state = new FileState(0, 0, false);
        var path = _directory.FileOf(key);
        if (File.Exists(path))
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, JournalFile.Sharing);
            var (version, length, fileLength) = JournalFile.Scan(handle);
            state = new(version, length, false);
            if (fileLength > length)
            {
                RandomAccess.SetLength(handle, length);
                RandomAccess.FlushToDisk(handle);
            }
        }

        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }

        return _known[key] = state;
    }

    /// <summary>How far a file goes, and whether its name is known to be on the disk.</summary>
    private sealed record FileState(long Version, long Length, bool IsNamed);

    /// <summary>A file that was written to in this round.</summary>
    private sealed record WrittenFile(SafeFileHandle Handle, FileState Started, List<AppendJob> Appends)
    {
        public FileState State { get; set; } = Started;
    }
}
