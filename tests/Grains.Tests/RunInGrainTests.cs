using System.Runtime.CompilerServices;
using System.Text;
using AgentStream.Grains.Hosting;
using AgentStream.Grains.Runs;
using AgentStream.Storage;
using AgentStream.Storage.Sessions;
using AgentStream.Storage.Tailing;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core.Internal;
using Orleans.TestingHost;

namespace AgentStream.Grains.Tests;

/// <summary>A run lives in its session's grain: it is where the grain is, it is canceled there, and it leaves with the activation.</summary>
public sealed class RunInGrainTests : IAsyncLifetime
{
    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly FlowingModel _model = new();
    private RedisServer? _redis;
    private InProcessTestCluster? _cluster;

    private InProcessTestCluster Cluster => _cluster!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        var prefix = RedisServer.NewPrefix();
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSiloHost((_, host) =>
        {
            host.Configuration["ConnectionStrings:redis"] = _redis.Configuration;
            host.Services.Configure<StorageOptions>(storage => (storage.RedisPrefix, storage.Journal, storage.Lease) = (prefix, "redis", TimeSpan.FromSeconds(15)));
            host.Services.Configure<AgentStreamOptions>(options => options.DrainTimeout = TimeSpan.FromMilliseconds(100));
            host.Services.AddAgentStream(host.Configuration).AddAgent("flowing", agent => agent.UseChatClient(_ => _model));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await _redis!.DisposeAsync();
    }

    [Fact]
    public async Task A_run_is_in_the_silo_of_its_grain_and_a_cancel_stops_it_while_Redis_does_not_answer()
    {
        await StartAsync();
        var owner = await OwnerAsync();
        Assert.Equal(1, RunsOf(owner).Count);
        Assert.All(Cluster.Silos.Where(silo => silo != owner), silo => Assert.Equal(0, RunsOf(silo).Count));

        // Nothing that Redis would have to say is waited for: it is gone.
        _redis!.Kill();
        var canceling = ClientOf(Cluster.Silos.Single(silo => silo != owner), new ManualTimeProvider()).CancelAsync(_key);
        await Wait.Until(() => _model.Stopped == 1, "the model's stream stops");
        await Assert.ThrowsAsync<StorageUnavailableException>(() => canceling);
    }

    [Fact]
    public async Task A_cancel_through_any_silo_is_answered_with_true_once()
    {
        await StartAsync();
        var listening = TranscriptAsync(Cluster.Silos[0]);

        var answers = await Task.WhenAll(Cluster.Silos.Concat(Cluster.Silos).Select(silo => ClientOf(silo).CancelAsync(_key)));

        Assert.Single(answers, true);
        Assert.EndsWith("error {\"msg\":\"canceled\"}\nend", await listening, StringComparison.Ordinal);
        Assert.Equal("canceled", (await ClientOf(Cluster.Silos[1]).GetSessionAsync(_key))?.Error);
    }

    [Fact]
    public async Task A_cancel_of_an_earlier_run_leaves_this_one_alone()
    {
        await StartAsync();
        var session = Cluster.Client.GetGrain<ISessionGrain>(_key.ToString());
        var first = await session.GetLiveRunIdAsync();
        Assert.True(await session.CancelAsync());
        await Wait.Until(async () => await session.GetLiveRunIdAsync() is null, "the run ends");
        await StartAsync();

        Assert.False(await session.CancelAsync(CancelRequest.Of(first!)));

        Assert.Equal(1, _model.Stopped);
        Assert.True(await ClientOf(Cluster.Silos[0]).CancelAsync(_key));
        await Wait.Until(() => _model.Stopped == 2, "the second run stops");
    }

    [Fact]
    public async Task A_forced_deactivation_hands_the_run_off_and_it_continues_with_one_begin_and_one_end()
    {
        await StartAsync();
        var listening = TranscriptAsync(Cluster.Silos[0]);
        await Cluster.Client.GetGrain<ISessionGrain>(_key.ToString()).AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        await Wait.Until(() => _model.Stopped == 1, "the run is handed off");
        _model.IsBrief = true;

        IsContinued(await listening);
    }

    [Fact]
    public async Task A_run_whose_silo_is_killed_is_recovered_in_its_grain_on_another()
    {
        await StartAsync();
        var owner = await OwnerAsync();
        var other = Cluster.Silos.Single(silo => silo != owner);
        var listening = TranscriptAsync(other);

        await Cluster.KillSiloAsync(owner);
        await Wait.Until(() => RunsOf(other).Count == 1, "the run is recovered");
        await Wait.Until(async () => await Cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(Cluster.Client.GetGrain<ISessionGrain>(_key.ToString())) == other.SiloAddress, "the grain is there");

        Assert.True(await ClientOf(other).CancelAsync(_key));
        Assert.EndsWith("error {\"msg\":\"canceled\"}\nend", await listening, StringComparison.Ordinal);
    }

    private static void IsContinued(string transcript)
    {
        var types = transcript.Split('\n').Select(line => line.Split(' ')[0]).ToList();
        Assert.Single(types, "begin");
        Assert.Single(types, "end");
        Assert.Single(transcript.Split('\n'), line => line.StartsWith("info {\"msg\":\"resumed\"", StringComparison.Ordinal));
        Assert.Equal("end", types[^1]);
        Assert.DoesNotContain("error", types);
    }

    private static RunHost RunsOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<RunHost>();

    private static AgentStreamClient ClientOf(InProcessSiloHandle silo, TimeProvider? time = null) => new(
        silo.ServiceProvider.GetRequiredService<IGrainFactory>(), silo.ServiceProvider.GetRequiredService<IStreamStore>(), silo.ServiceProvider.GetRequiredService<StreamHub>(),
        silo.ServiceProvider.GetRequiredService<ISessionEvents>(), time);

    private async Task StartAsync()
    {
        var before = _model.Started;
        await ClientOf(Cluster.Silos[0]).StartAsync(_key, new RunRequest("go"));
        await Wait.Until(() => _model.Started > before, "the model flows");
    }

    private async Task<InProcessSiloHandle> OwnerAsync()
    {
        var address = await Cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(Cluster.Client.GetGrain<ISessionGrain>(_key.ToString()));
        return Cluster.Silos.Single(silo => silo.SiloAddress.Equals(address));
    }

    private async Task<string> TranscriptAsync(InProcessSiloHandle silo)
    {
        var lines = new List<string>();
        await foreach (var item in silo.ServiceProvider.GetRequiredService<StreamHub>().ListenAsync(_key))
        {
            lines.Add($"{item.Type} {Encoding.UTF8.GetString(item.Body.Span)}".TrimEnd());
        }

        return string.Join('\n', lines);
    }

    /// <summary>Says the same again and again until it is stopped; or, later, one word and no more.</summary>
    private sealed class FlowingModel : IChatClient
    {
        private int _started;
        private int _stopped;

        public int Started => Volatile.Read(ref _started);

        public int Stopped => Volatile.Read(ref _stopped);

        public bool IsBrief { get; set; }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                Interlocked.Increment(ref _started);
                do
                {
                    yield return new ChatResponseUpdate(ChatRole.Assistant, "on ");
                    await Task.Delay(1, cancellationToken);
                }
                while (!IsBrief);

                yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop };
            }
            finally
            {
                Interlocked.Increment(ref _stopped);
            }
        }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("Runs stream.");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
