using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests.Access;

/// <summary>Silos with an agent that has a tool for some users only, over stores that outlive them. A user meets the policies that their claims <c>may</c> name.</summary>
internal sealed class PolicyStage : IDisposable
{
    public static readonly UserClaim Anna = new("email", "anna@example.com");
    public static readonly UserClaim MayRefund = new("may", "refunds");
    public static readonly UserClaim Secret = new("secret", "not for the agent");

    private readonly List<string> _refunds = [];

    public InMemoryStreamStore Log { get; } = new(Options.Create(new StorageOptions()), TimeProvider.System);

    public InMemoryJournal Journal { get; } = new();

    public IReadOnlyList<string> Refunds => _refunds;

    public Task<TestSilos> StartAsync(IChatClient model, Action<AgentBuilder>? agent = null, Action<IServiceCollection>? services = null, bool hasPolicies = true) => TestSilos.StartAsync(
        null,
        model,
        _ => { },
        built =>
        {
            built.WithTool(Refund, "refund").WithTool(() => "12 °C", "weather").WithClaims("email");
            (agent ?? (some => some.RequirePolicy("refunds", "refund")))(built);
        },
        added =>
        {
            added.AddSingleton<IStreamStore>(Log).AddSingleton<ISessionJournal>(Journal);
            if (hasPolicies)
            {
                added.AddSingleton<IPolicyEvaluator, ClaimedPolicies>();
            }

            services?.Invoke(added);
        });

    public void Dispose() => Log.Dispose();

    private string Refund(int amount, Deps deps)
    {
        _refunds.Add($"{amount} by {deps.FindClaim("email") ?? "nobody"} ({deps.Claims.Count})");
        return "refunded";
    }

    private sealed class ClaimedPolicies : IPolicyEvaluator
    {
        public Task<bool> IsKnownAsync(string policy) => Task.FromResult(policy != "forgotten");

        public Task<bool> IsMetAsync(string policy, SessionKey key, IReadOnlyList<UserClaim>? claims) =>
            Task.FromResult(claims?.Contains(new UserClaim("may", policy)) == true);
    }
}
