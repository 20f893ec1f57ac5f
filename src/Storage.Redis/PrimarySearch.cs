using StackExchange.Redis;

namespace AgentStream.Storage.Redis;

/// <summary>
/// Finds the primary after a failover. The client notices that roles have changed only once a minute, and not at all where an address leads to another server now while its
/// connection is still with the old one. So a refusal because a server is read-only lets it look again, first at the roles, then, when that was of no use, with a new connection.
/// </summary>
/// <param name="time">The clock of the pauses.</param>
internal sealed class PrimarySearch(TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private TimeSpan _pause = FirstPause;
    private long _looked;
    private int _looks;

    /// <summary>Hears of a failed command.</summary>
    /// <param name="multiplexer">The connection.</param>
    /// <param name="failure">Why it failed.</param>
    public void Heard(ConnectionMultiplexer multiplexer, Exception failure)
    {
        if (failure is RedisServerException && failure.Message.Contains("READONLY", StringComparison.Ordinal) && IsDue(out var looks))
        {
            _ = looks % 2 == 1 ? LookAsync(multiplexer) : ConnectAgainAsync(multiplexer);
        }
    }

    private bool IsDue(out int looks)
    {
        lock (_gate)
        {
            var since = _looks == 0 ? TimeSpan.MaxValue : time.GetElapsedTime(_looked);
            if (since < _pause)
            {
                looks = _looks;
                return false;
            }

            // When nothing was refused for a while, this is another failover.
            (_looks, _pause) = since > LongestPause + LongestPause ? (1, FirstPause) : (_looks + 1, _pause + _pause < LongestPause ? _pause + _pause : LongestPause);
            _looked = time.GetTimestamp();
            looks = _looks;
            return true;
        }
    }

    private static async Task LookAsync(ConnectionMultiplexer multiplexer)
    {
        try
        {
            await multiplexer.ConfigureAsync();
        }
        catch (Exception exception) when (exception is RedisException || RedisFaults.IsAway(exception))
        {
            // The next refusal looks again.
        }
    }

    private static async Task ConnectAgainAsync(ConnectionMultiplexer multiplexer)
    {
        try
        {
            // The server closes the connection, and the client makes another, to wherever the address leads now.
            await multiplexer.GetDatabase().ExecuteAsync("QUIT");
        }
        catch (Exception exception) when (exception is RedisException || RedisFaults.IsAway(exception))
        {
            // The next refusal tries again.
        }
    }
}
