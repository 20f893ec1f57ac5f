using System.Threading.RateLimiting;
using AgentStream.Storage;
using Microsoft.Extensions.Options;

namespace AgentStream.AspNetCore.Security;

/// <summary>The streams that are followed through this process: how many each user has, and each scope, and how many they may have.</summary>
internal sealed class Listeners(IOptions<AgentStreamOptions> options) : IDisposable
{
    private readonly Gauge? _users = Gauge.Of(LimitTarget.User, options.Value.Limits.PerUser.Listeners);
    private readonly Gauge? _scopes = Gauge.Of(LimitTarget.Scope, options.Value.Limits.PerScope.Listeners);

    /// <summary>Counts a stream.</summary>
    /// <param name="user">Who follows it.</param>
    /// <param name="over">Takes what is to be disposed when the stream is over.</param>
    /// <exception cref="LimitExceededException">The user, or its scope, follows as many as it may.</exception>
    public void Enter(UserKey user, Action<IDisposable> over)
    {
        _users?.Enter(user.ToString(), over);
        _scopes?.Enter(user.Scope, over);
    }

    /// <summary>The limits that there are, and how much of each is used.</summary>
    public IEnumerable<LimitUsage> UsageOf(UserKey user)
    {
        if (_users is not null)
        {
            yield return _users.UsageOf(user.ToString());
        }

        if (_scopes is not null)
        {
            yield return _scopes.UsageOf(user.Scope);
        }
    }

    public void Dispose()
    {
        _users?.Dispose();
        _scopes?.Dispose();
    }

    private sealed class Gauge(LimitTarget target, int allowed) : IDisposable
    {
        private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(
            name => RateLimitPartition.GetConcurrencyLimiter(name, _ => new ConcurrencyLimiterOptions { PermitLimit = allowed, QueueLimit = 0 }));

        public static Gauge? Of(LimitTarget target, int allowed) => allowed > 0 ? new(target, allowed) : null;

        public void Enter(string name, Action<IDisposable> over)
        {
            var lease = _limiter.AttemptAcquire(name);
            over(lease);
            if (!lease.IsAcquired)
            {
                throw new LimitExceededException(LimitNames.Listeners, target, allowed, Limit.SoonFree);
            }
        }

        public LimitUsage UsageOf(string name) =>
            new(LimitNames.Listeners, target, allowed, allowed - (_limiter.GetStatistics(name)?.CurrentAvailablePermits ?? allowed));

        public void Dispose() => _limiter.Dispose();
    }
}
