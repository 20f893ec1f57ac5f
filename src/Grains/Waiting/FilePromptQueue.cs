using AgentStream.EventLog;
using AgentStream.Grains.Journal;

namespace AgentStream.Grains.Waiting;

/// <summary>
/// Waiting prompts beside a journal in files: a file for each session that prompts wait for, a line of JSON for each prompt. A change writes the file anew and puts it in the old one's place, on
/// the disk before it is acknowledged. The journal's lock keeps other processes out.
/// </summary>
/// <param name="journalDirectory">The journal's directory; the files are below its <c>waiting</c>.</param>
internal sealed class FilePromptQueue(string journalDirectory) : IPromptQueue, IDisposable
{
    private readonly string _path = Path.Combine(Path.GetFullPath(journalDirectory), "waiting");
    private readonly JournalDirectory _directory = new(Path.Combine(Path.GetFullPath(journalDirectory), "waiting"));
    private readonly SemaphoreSlim _turn = new(1);

    public ValueTask<int> AddAsync(SessionKey key, WaitingPrompt prompt, CancellationToken cancellationToken = default) => ChangeAsync(
        key,
        waiting =>
        {
            if (!waiting.Contains(prompt) && waiting.Count < IPromptQueue.MostWaiting)
            {
                waiting.Add(prompt);
            }

            return waiting.IndexOf(prompt) + 1;
        },
        cancellationToken);

    public async ValueTask<IReadOnlyList<WaitingPrompt>> ReadAsync(SessionKey key, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return Load(key);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask RemoveAsync(SessionKey key, WaitingPrompt prompt, CancellationToken cancellationToken = default) =>
        await ChangeAsync(key, waiting => waiting.Remove(prompt) ? 1 : 0, cancellationToken);

    public async ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default) =>
        await ChangeAsync(
            owner.Key,
            waiting =>
            {
                waiting.Clear();
                return 0;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<SessionKey>> ListAsync(int count, CancellationToken cancellationToken = default) =>
        new(Directory.Exists(_path) ? [.. _directory.Sessions().OrderBy(_ => Random.Shared.Next()).Take(count)] : []);

    public void Dispose() => _turn.Dispose();

    private async ValueTask<int> ChangeAsync(SessionKey key, Func<List<WaitingPrompt>, int> change, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var waiting = Load(key);
            var before = waiting.Count;
            var answer = change(waiting);
            if (waiting.Count != before)
            {
                await Task.Run(() => Save(key, waiting), CancellationToken.None);
            }

            return answer;
        }
        finally
        {
            _turn.Release();
        }
    }

    private List<WaitingPrompt> Load(SessionKey key)
    {
        var file = _directory.FileOf(key);
        var waiting = new List<WaitingPrompt>();
        if (!File.Exists(file))
        {
            return waiting;
        }

        ReadOnlySpan<byte> lines = File.ReadAllBytes(file);
        for (int end; (end = lines.IndexOf((byte)'\n')) >= 0; lines = lines[(end + 1)..])
        {
            waiting.Add(WaitingPrompt.FromJson(lines[..end]));
        }

        return waiting;
    }

    private void Save(SessionKey key, List<WaitingPrompt> waiting)
    {
        var file = _directory.FileOf(key);
        if (waiting.Count == 0)
        {
            File.Delete(file);
        }
        else
        {
            _directory.MakeFor(key);
            using (var next = new FileStream(file + ".next", FileMode.Create, FileAccess.Write))
            {
                waiting.ForEach(prompt => next.Write([.. prompt.ToJson(), (byte)'\n']));
                next.Flush(flushToDisk: true);
            }

            File.Move(file + ".next", file, overwrite: true);
        }

        Array.ForEach(_directory.DirectoriesOf(key), directory =>
        {
            if (Directory.Exists(directory))
            {
                DirectoryFlush.Flush(directory);
            }
        });
    }
}
