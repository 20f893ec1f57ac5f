using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Hosting;

/// <summary>Silos with certificates talk to those of their authority, and to nobody else.</summary>
public sealed class ClusterTlsTests : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
    private readonly TestCertificates _strange = new();
    private readonly (int Silo, int Gateway) _ports = (Ports.Free(), Ports.Free());
    private ClusterStage _stage = null!;

    public async Task InitializeAsync()
    {
        _stage = new ClusterStage((await RedisServer.SharedAsync()).Configuration);
        await _stage.StartSiloAsync([("SiloPort", _ports.Silo), ("GatewayPort", _ports.Gateway), .. Settings(_certificates, _certificates)]);
    }

    public async Task DisposeAsync()
    {
        await _stage.DisposeAsync();
        _certificates.Dispose();
        _strange.Dispose();
    }

    [Fact]
    public async Task Silos_form_a_cluster_and_let_a_client_in()
    {
        // Its certificate has another one between it and the authority.
        await _stage.StartSiloAsync(("Certificate", _certificates.ChainFile), ("CertificateAuthority", _certificates.AuthorityFile)).Within();
        var client = await _stage.StartClientAsync(Settings(_certificates, _certificates)).Within();

        // Each silo is asked by the one that has the management grain.
        var management = client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        var silos = await management.GetHosts(onlyActive: true).Within();
        Assert.Equal(2, silos.Count);
        Assert.Equal(2, (await management.GetRuntimeStatistics([.. silos.Keys]).Within()).Length);
        foreach (var _ in Enumerable.Range(0, 8))
        {
            Assert.Equal("hello", await client.Services.GetRequiredService<IAgentStreamClient>().AskAsync(TestSilos.NewSession(), "hi").Within());
        }
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_refused_and_told_the_setting()
    {
        var refused = await Assert.ThrowsAsync<SiloUnavailableException>(() => _stage.StartClientAsync().Within());
        Assert.Equal(
            $"No gateway of the cluster '{_stage.Name}' lets this program in: where silos have certificates, it needs one, too (AgentStream:Cluster:Certificate).", refused.Message);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_client_and_a_silo_that_do_not_trust_each_others_authority_do_not_talk(bool showsStrange, bool trustsStrange)
    {
        var settings = Settings(showsStrange ? _strange : _certificates, trustsStrange ? _strange : _certificates);
        var refused = await Assert.ThrowsAsync<SiloUnavailableException>(() => _stage.StartClientAsync(settings).Within());
        Assert.Equal(
            $"No gateway of the cluster '{_stage.Name}' lets this program in: both sides must have a certificate of the other's authority (AgentStream:Cluster:CertificateAuthority).",
            refused.Message);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Both_ports_break_off_connections_without_a_certificate_of_the_authority(bool atGateway, bool showsStrange)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, atGateway ? _ports.Gateway : _ports.Silo);
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        using var shown = X509Certificate2.CreateFromPemFile(_strange.CertificateFile, _strange.KeyFile);
        Assert.True(await IsBrokenOffAsync(tls, showsStrange ? [shown] : []).Within());
    }

    private static async Task<bool> IsBrokenOffAsync(SslStream tls, X509CertificateCollection shown)
    {
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ClientCertificates = shown });
            return await tls.ReadAsync(new byte[1]) == 0;
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            return true;
        }
    }

    private static (string Name, object Value)[] Settings(TestCertificates shown, TestCertificates trusted) =>
        [("Certificate", shown.CertificateFile), ("CertificateKey", shown.KeyFile), ("CertificateAuthority", trusted.AuthorityFile)];
}
