using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Queue;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Queue;

/// <summary>A queue in memory that counts how often a text is read, and may stop at a gate before it takes a prompt.</summary>
internal sealed class SpyQueue : IPromptQueue
{
    private readonly InMemoryPromptQueue _queue = new();
    private int _finds;
    private int _lists;

    /// <summary>The texts that were read.</summary>
    public int Finds => _finds;

    /// <summary>How often sessions were looked for.</summary>
    public int Lists => _lists;

    public Gate? BeforeAdd { get; set; }

    public void AddTo(IServiceCollection services) => services.AddSingleton<IPromptQueue>(this);

    public async ValueTask<int> AddAsync(SessionKey key, QueuedPrompt prompt, LimitOptions? limits = null, CancellationToken cancellationToken = default)
    {
        if (BeforeAdd is { } gate)
        {
            gate.Reached();
            await gate.OpenedAsync(cancellationToken);
        }

        return await _queue.AddAsync(key, prompt, limits, cancellationToken);
    }

    public ValueTask<int> CountAsync(SessionKey key, CancellationToken cancellationToken = default) => _queue.CountAsync(key, cancellationToken);

    public ValueTask<UsageCount> CountAsync(UserKey user, CancellationToken cancellationToken = default) => _queue.CountAsync(user, cancellationToken);

    public ValueTask<IReadOnlyList<QueuedPromptInfo>> ListAsync(SessionKey key, CancellationToken cancellationToken = default) => _queue.ListAsync(key, cancellationToken);

    public ValueTask<QueuedPrompt?> FindAsync(SessionKey key, string runId, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _finds);
        return _queue.FindAsync(key, runId, cancellationToken);
    }

    public ValueTask RemoveAsync(SessionKey key, string runId, CancellationToken cancellationToken = default) => _queue.RemoveAsync(key, runId, cancellationToken);

    public ValueTask ClearAsync(RunToken owner, CancellationToken cancellationToken = default) => _queue.ClearAsync(owner, cancellationToken);

    public ValueTask<IReadOnlyList<SessionKey>> ListSessionsAsync(int count, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _lists);
        return _queue.ListSessionsAsync(count, cancellationToken);
    }
}
