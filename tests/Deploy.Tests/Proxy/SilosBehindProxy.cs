using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using AgentStream.TestTools;

namespace AgentStream.Deploy.Tests.Proxy;

/// <summary>Two silos with one Redis, and HAProxy in front of them with the configuration of <c>deploy/haproxy</c>.</summary>
public sealed class SilosBehindProxy : IAsyncLifetime
{
    private const string Key = "a-key-of-these-tests";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-haproxy-");
    private RedisServer? _redis;
    private Tool? _proxy;

    /// <summary>A client of the proxy.</summary>
    internal HttpClient Http { get; } = new() { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Key) } };

    internal SteppedModel Model { get; } = new();

    internal IReadOnlyList<SiloProcess> Silos { get; private set; } = [];

    /// <summary>What the proxy has logged.</summary>
    internal string Log => _proxy!.Output;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        Silos = [NewSilo("a"), NewSilo("b")];
        await Task.WhenAll(Silos.Select(silo => silo.StartAsync()));

        using var probe = new HttpClient();
        foreach (var silo in Silos)
        {
            await Wait.Until(async () => (await probe.GetAsync(new Uri(silo.Url!, "health/ready"))).IsSuccessStatusCode, $"silo {silo.Name} is ready");
        }

        var port = Ports.Free();
        var text = Repository.Read("deploy/haproxy/haproxy.cfg");
        foreach (var (from, to) in ((string, string)[])
        [
            ("bind :8080", $"bind 127.0.0.1:{port}"),
            ("silo-a:8080", Silos[0].Url!.Authority),
            ("silo-b:8080", Silos[1].Url!.Authority),
            ("  server c silo-c:8080\n", ""),

            // A silo that is slow on a busy machine does not count as down.
            ("  timeout connect 2s\n", "  timeout connect 2s\n  timeout check 1m\n"),
        ])
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        var file = Path.Combine(_folder.FullName, "haproxy.cfg");
        await File.WriteAllTextAsync(file, text);
        await Tool.RunAsync("haproxy", _folder.FullName, "-c", "-f", file);
        _proxy = Tool.Start("haproxy", _folder.FullName, "-db", "-f", file);
        Http.BaseAddress = new Uri($"http://127.0.0.1:{port}/");
        await _proxy.ServesAsync(Http, "chat");
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        foreach (var silo in Silos)
        {
            silo.Dispose();
        }

        Model.Dispose();
        await _redis!.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private SiloProcess NewSilo(string name) => new(name, Repository.SiloProgram,
    [
        $"--ConnectionStrings:redis={_redis!.Configuration}",
        "--AgentStream:Health:DrainDelay=10m",
        "--AgentStream:Health:CheckTimeout=1m",
        "--AgentStream:GracePeriod=1h",
        "--AgentStream:RedisTimeout=1m",
        "--AgentStream:Lease=5m",
        "--AgentStream:DrainTimeout=1s",
        "--AgentStream:Demo:TokenDelay=1ms",
        "--AgentStream:Telemetry:Prometheus=true",
        "--FORWARDEDHEADERS_ENABLED=true",
        "--AgentStream:Agents:stepped:Model=stepped",
        $"--AgentStream:Agents:stepped:Endpoint={Model.Url}v1",
        $"--Authentication:Schemes:ApiKeys:0:Hash={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}",
        "--Authentication:Schemes:ApiKeys:0:User=anna",
    ]);
}
