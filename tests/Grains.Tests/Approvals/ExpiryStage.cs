using AgentStream.Grains.Expiry;
using AgentStream.Storage;
using AgentStream.Storage.Timers;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Tests.Approvals;

/// <summary>Silos whose runs have a clock that the test moves, and an agent that pays and locates.</summary>
internal sealed class ExpiryStage
{
    private readonly List<string> _paid = [];

    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public ManualTimeProvider Time { get; } = new(Start);

    public SpyTimers Timers { get; } = new();

    public IReadOnlyList<string> Paid => _paid;

    /// <summary>Adds the clock and nothing else.</summary>
    public void AddTime(IServiceCollection services) =>
        services.AddRunClock(Time);

    public void AddTools(AgentBuilder agent) => agent
        .WithTool(Pay, "pay", requiresApproval: true)
        .WithTool(AIFunctionFactory.CreateDeclaration("locate", "Where the user is.", AIFunctionFactory.Create(() => "").JsonSchema));

    public Task<TestSilos> StartAsync(
        IChatClient model, TimeSpan? timeout, Action<AgentBuilder>? agent = null, Action<IServiceCollection>? services = null) => TestSilos.StartAsync(
        null,
        model,
        options => options.ApprovalTimeout = timeout,
        built =>
        {
            AddTools(built);
            agent?.Invoke(built);
        },
        added =>
        {
            AddTime(added);
            added.AddSingleton<ISessionTimers>(Timers);
            services?.Invoke(added);
        });

    /// <summary>A look of the silo, whatever its own rounds do meanwhile.</summary>
    public static Task LookAsync(TestSilos silos) =>
        silos.Services.GetServices<IHostedService>().OfType<ExpiryWatch>().Single().LookAsync(CancellationToken.None);

    /// <summary>What a session's grain answers that its silo tells to look.</summary>
    public static Task<DateTimeOffset?> HandleAsync(TestSilos silos, SessionKey key) =>
        silos.Services.GetRequiredService<IGrainFactory>().GetGrain<ISessionExpiry>(key.ToString()).HandleDueAsync();

    /// <summary>Moves the clock, and looks until nothing waits any more.</summary>
    public async Task ExpireAsync(TestSilos silos, SessionKey key, TimeSpan by)
    {
        Time.Advance(by);
        await LookAsync(silos);
        await Wait.Until(async () => (await silos.Client.GetPendingAsync(key)).Count == 0, "the requests to expire");
    }

    public static string? ResultTo(ScriptedModel model, string callId) =>
        model.Requests.Last().Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Last(result => result.CallId == callId).Result?.ToString();

    private string Pay(int amount)
    {
        _paid.Add($"paid {amount}");
        return _paid[^1];
    }

    /// <summary>An index that counts what is set, and may find nothing for a while. It lasts as long as the test.</summary>
    internal sealed class SpyTimers : ISessionTimers
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<SessionKey, DateTimeOffset> _sessions = [];

        public int Sets { get; private set; }

        public bool IsBlind { get; set; }

        public bool OutlivesProcess => true;

        /// <summary>What has a time, whenever.</summary>
        public IReadOnlyList<SessionKey> List() => Locked(() => _sessions.Keys.ToArray());

        public ValueTask SetAsync(RunToken owner, DateTimeOffset due, CancellationToken cancellationToken = default) => Do(() =>
        {
            Sets++;
            _sessions[owner.Key] = due;
        });

        public ValueTask<IReadOnlyList<SessionKey>> TakeDueAsync(DateTimeOffset now, DateTimeOffset again, int count, CancellationToken cancellationToken = default) =>
            new(Locked(() =>
            {
                var due = _sessions.Where(session => !IsBlind && session.Value <= now).Select(session => session.Key).Take(count).ToArray();
                Array.ForEach(due, key => _sessions[key] = again);
                return due;
            }));

        public ValueTask ClearAsync(SessionKey key, DateTimeOffset due, CancellationToken cancellationToken = default) =>
            Do(() => _ = _sessions.GetValueOrDefault(key) == due && _sessions.Remove(key));

        public ValueTask MoveAsync(SessionKey key, DateTimeOffset due, DateTimeOffset next, CancellationToken cancellationToken = default) => Do(() =>
        {
            if (_sessions.GetValueOrDefault(key) == due)
            {
                _sessions[key] = next;
            }
        });

        /// <summary>When a session is looked at; null for never.</summary>
        public DateTimeOffset? Find(SessionKey key) => Locked(() => _sessions.TryGetValue(key, out var due) ? due : (DateTimeOffset?)null);

        public ValueTask RemoveAsync(RunToken owner, CancellationToken cancellationToken = default) => Do(() => _sessions.Remove(owner.Key));

        private ValueTask Do(Action act)
        {
            lock (_gate)
            {
                act();
            }

            return ValueTask.CompletedTask;
        }

        private T Locked<T>(Func<T> read)
        {
            lock (_gate)
            {
                return read();
            }
        }
    }
}
