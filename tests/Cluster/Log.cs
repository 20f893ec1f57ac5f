using AgentStream.TestTools;

namespace AgentStream.Cluster;

/// <summary>Who owns what, read from Redis itself (docs/protocol.md has the keys).</summary>
internal sealed class Log(RawRedis redis, string prefix) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>The processes whose lease has not expired.</summary>
    public async Task<IReadOnlyList<string>> LeasesAsync()
    {
        var start = $"{prefix}:#silo:";
        var keys = await OneAsync(() => redis.TextsAsync("KEYS", $"{start}*"));
        return [.. keys.Select(key => key![start.Length..]).Where(id => !id.Contains(':', StringComparison.Ordinal))];
    }

    /// <summary>The sessions whose live runs a process owns.</summary>
    public async Task<IReadOnlyList<string>> SessionsAsync(string siloId)
    {
        var keys = await OneAsync(() => redis.TextsAsync("SMEMBERS", $"{prefix}:#silo:{siloId}:runs"));
        return [.. keys.Select(key => key!.Split(':')[^1])];
    }

    /// <summary>The process that owns a session's live run; null when none is live.</summary>
    public async Task<string?> OwnerAsync(string session)
    {
        var key = $"{prefix}:1:1:{session}";
        if (await OneAsync(() => redis.NumberAsync("EXISTS", $"{key}:live")) == 0)
        {
            return null;
        }

        return await OneAsync(() => redis.TextAsync("HGET", $"{key}:run", "silo"));
    }

    /// <summary>How many prompts the journal of a session has.</summary>
    public async Task<int> PromptsAsync(string session)
    {
        var records = await OneAsync(() => redis.EntriesAsync($"{prefix}:#journal:1:1:{session}"));
        return records.Count(record => record.Fields.Contains("\"run-started\"", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _one.Dispose();
        redis.Dispose();
    }

    private async Task<T> OneAsync<T>(Func<Task<T>> command)
    {
        await _one.WaitAsync();
        try
        {
            return await command();
        }
        finally
        {
            _one.Release();
        }
    }
}
