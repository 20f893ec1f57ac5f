using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using AgentStream.Grains.Expiry;
using AgentStream.Grains.Recovery;
using AgentStream.Storage.Ownership;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace AgentStream.Grains.Tests.Hosting;

/// <summary>Who can reach a silo besides HTTP: nobody, unless the settings say so, and then the log says it too.</summary>
public sealed class GatewayTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    public async Task A_silo_has_no_gateway_unless_its_port_is_set_and_a_client_is_told_the_setting(int? port)
    {
        await using var stage = new ClusterStage(redis.Server.Configuration);
        var silo = await stage.StartSiloAsync(port is null ? [] : [("GatewayPort", port)]);
        Assert.Equal(0, silo.Services.GetRequiredService<IOptions<EndpointOptions>>().Value.GatewayPort);
        Assert.Equal([0], (await silo.Services.GetRequiredService<IMembershipTable>().ReadAllAsync(default)).Members.Select(member => member.Item1.ProxyPort));

        var refused = await Assert.ThrowsAsync<SiloUnavailableException>(() => stage.StartClientAsync().Within());
        Assert.Equal($"No silo of the cluster '{stage.Name}' has a gateway for other programs: set AgentStream:Cluster:GatewayPort where one is to have it.", refused.Message);
    }

    [Fact]
    public async Task A_client_comes_in_where_one_of_the_silos_has_a_gateway()
    {
        await using var stage = new ClusterStage(redis.Server.Configuration);
        await stage.StartSiloAsync();
        await stage.StartSiloAsync(("GatewayPort", Ports.Free()));
        var client = await stage.StartClientAsync();
        Assert.Equal("hello", await client.Services.GetRequiredService<IAgentStreamClient>().AskAsync(TestSilos.NewSession(), "hi").Within());
        Assert.Empty(stage.Warnings);
    }

    [Fact]
    public async Task A_client_may_not_call_what_only_silos_call_and_may_look()
    {
        await using var stage = new ClusterStage(redis.Server.Configuration);
        await stage.StartSiloAsync(("GatewayPort", Ports.Free()));
        var grains = (await stage.StartClientAsync()).Services.GetRequiredService<IGrainFactory>();
        var (key, management) = (TestSilos.NewSession().ToString(), grains.GetGrain<IManagementGrain>(0));
        var silos = (await management.GetHosts(onlyActive: true).Within()).Keys.ToArray();
        Assert.Single(await management.GetRuntimeStatistics(silos).Within());
        Assert.NotNull(await grains.GetGrain<ISiloGrain>(silos[0].ToParsableString()).GetAsync(1).Within());
        Assert.Null(await grains.GetGrain<ISessionGrain>(key).GetLiveRunIdAsync().Within());

        await Refused("ISessionRecovery.RestartAsync", grains.GetGrain<ISessionRecovery>(key).RestartAsync());
        await Refused("ISessionExpiry.HandleDueAsync", grains.GetGrain<ISessionExpiry>(key).HandleDueAsync());
        await Refused("IManagementGrain.ForceActivationCollection", management.ForceActivationCollection(TimeSpan.Zero));
        await Refused("IManagementGrain.ForceGarbageCollection", management.ForceGarbageCollection(silos));
        await Refused("IVersionManager.SetCompatibilityStrategy", management.SetCompatibilityStrategy(Orleans.Versions.Compatibility.AllVersionsCompatible.Singleton));
        await Refused("IMemoryStorageGrain.DeleteStateAsync", grains.GetGrain<Orleans.Storage.IMemoryStorageGrain>(0).DeleteStateAsync<string>("any", "any"));
        await Refused("ISiloControl.Ping", PingAsync(grains, silos[0]));
    }

    [Fact]
    public async Task What_only_silos_call_does_nothing_before_its_time_in_the_hands_of_a_client_that_says_it_is_a_silo()
    {
        var (gate, key) = (new Gate(), TestSilos.NewSession());
        await using var stage = new ClusterStage(redis.Server.Configuration);
        var silo = await stage.StartSiloAsync(new ScriptedModel([new Step.Pause(gate), Step.Say("hello")]), ("GatewayPort", Ports.Free()));
        var client = await stage.StartForgedClientAsync();
        var grains = client.Services.GetRequiredService<IGrainFactory>();
        var asking = client.Services.GetRequiredService<IAgentStreamClient>().AskAsync(key, "hi");
        await gate.ReachedAsync();

        var session = grains.GetGrain<ISessionGrain>(key.ToString());
        var run = (await session.GetLiveRunIdAsync())!;
        var schedule = await session.SetScheduleAsync(new ScheduleRequest("later", At: DateTimeOffset.UtcNow.AddDays(1)));
        var recovery = grains.GetGrain<ISessionRecovery>(key.ToString());
        foreach (var owner in (string[])[silo.Services.GetRequiredService<SiloIdentity>().Id, SiloIdentity.Nobody, "another"])
        {
            Assert.False(await recovery.RecoverAsync(owner, run, 0));
        }

        Assert.False(await recovery.RestartAsync());
        Assert.Equal(run, await session.GetLiveRunIdAsync());
        gate.Open();
        Assert.Equal("hello", await asking.Within());
        await Wait.Until(async () => await session.GetLiveRunIdAsync() is null);
        Assert.False(await recovery.RestartAsync());
        Assert.Equal(schedule.Next, await grains.GetGrain<ISessionExpiry>(key.ToString()).HandleDueAsync());
        Assert.Null(await session.GetLiveRunIdAsync());
    }

    [Fact]
    public async Task Ports_that_other_machines_reach_are_warned_of_once_unless_they_ask_for_certificates()
    {
        var address = AddressOfThisMachine() ?? throw new InvalidOperationException("This machine has no IPv4 address besides loopback: the warning cannot be tested here.");
        await using var stage = new ClusterStage(redis.Server.Configuration);
        var (port, gateway) = (Ports.Free(), Ports.Free());
        await stage.StartSiloAsync(("AdvertisedAddress", address), ("SiloPort", port), ("GatewayPort", gateway));
        Assert.Equal(
            [$"2301 Nothing is asked of those who reach {address}, ports {port} and {gateway}: they act as any user. Set AgentStream:Cluster:Certificate, or keep all but the silos and programs of this cluster away."],
            stage.Warnings);

        using var certificates = new TestCertificates();
        await using var closed = new ClusterStage(redis.Server.Configuration);
        await closed.StartSiloAsync(
            ("AdvertisedAddress", address), ("SiloPort", Ports.Free()),
            ("Certificate", certificates.CertificateFile), ("CertificateKey", certificates.KeyFile), ("CertificateAuthority", certificates.AuthorityFile));
        Assert.Empty(closed.Warnings);
    }

    private static async Task Refused(string call, Task refused) => Assert.Equal(
        $"{call} is called by silos alone: a client of the cluster may not.",
        (await Assert.ThrowsAsync<UnauthorizedAccessException>(() => refused.Within(call))).Message);

    /// <summary>Asks a part of a silo, which Orleans keeps to itself.</summary>
    private static Task PingAsync(IGrainFactory grains, SiloAddress silo)
    {
        var control = typeof(IManagementGrain).Assembly.GetType("Orleans.ISiloControl")!;
        var id = SystemTargetGrainId.Create(SystemTargetGrainId.CreateGrainType("silo-control"), silo).GrainId;
        return (Task)control.GetMethod("Ping")!.Invoke(grains.GetGrain(id).AsReference(control), ["hi", CancellationToken.None])!;
    }

    private static IPAddress? AddressOfThisMachine() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.OperationalStatus == OperationalStatus.Up)
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
}
