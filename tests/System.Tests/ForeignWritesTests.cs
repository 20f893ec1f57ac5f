using System.Net.Http.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>Two silos on one Redis that another program writes to: nothing that it writes stops a silo.</summary>
public sealed class ForeignWritesTests : IClassFixture<ForeignWritesTests.Silos>
{
    private readonly Silos _silos;

    public ForeignWritesTests(Silos silos) => _silos = silos;

    // Each by itself once stopped every silo on the Redis, with exit code 0.
    [Theory]
    [InlineData("SADD :#silos x1|SADD :#silo:x1:runs 1:1:foo|SET :1:1:foo:run bar", "#silo:x1:runs, member '1:1:foo'")]
    [InlineData("SADD :#silos x2|SADD :#silo:x2:runs garbage|HSET :garbage:run silo x2 run r1", "#silo:x2:runs, member 'garbage'")]
    [InlineData("SADD :#silos x3|SET :#silo:x3:runs garbage", "#silo:x3:runs")]
    [InlineData("SADD :#silos x4|SADD :#silo:x4:runs 1:1:bar|HSET :1:1:bar:run silo x4 run r1", "#silo:x4:runs, member '1:1:bar'")]
    public async Task A_malformed_key_is_said_and_left_out(string writes, string named)
    {
        using var raw = await _silos.Server.ConnectAsync();
        // The list of silos last: what a silo finds half done, it takes out in silence.
        foreach (var write in writes.Split('|').Reverse())
        {
            await raw.CallAsync([.. write.Split(' ').Select(word => word.StartsWith(':') ? _silos.Prefix + word : word)]);
        }

        await Wait.Until(
            () => _silos.All.Any(silo => silo.ExitCode is not null || silo.Output.Contains($"Redis key {_silos.Prefix}:{named} is not what AgentStream writes", StringComparison.Ordinal)),
            "a silo to say it");
        await BothServeAsync();
    }

    [Fact]
    public async Task Rights_that_are_missing_for_a_while_are_said_once_and_work_goes_on_when_they_are_back()
    {
        using var raw = await _silos.Server.ConnectAsync();
        await raw.CallAsync("ACL", "SETUSER", "silo", "-evalsha", "-eval");
        await Wait.Until(
            () => _silos.All.All(silo => silo.ExitCode is not null || silo.Output.Contains("Looking for runs whose process is gone failed.", StringComparison.Ordinal)), "the silos to say it");
        await raw.CallAsync("ACL", "SETUSER", "silo", "+@all");
        await BothServeAsync();
    }

    private async Task BothServeAsync()
    {
        foreach (var silo in _silos.All)
        {
            using var http = new HttpClient { BaseAddress = silo.Url };
            Assert.Null(silo.ExitCode);
            using var answer = await http.PostAsJsonAsync("chat", new { prompt = "what is 12*7?" });
            Assert.Contains("84", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    /// <summary>The Redis and the silos of all tests of the class: none of them may harm them.</summary>
    public sealed class Silos : IAsyncLifetime
    {
        private RedisServer? _server;
        private SiloProcess[] _all = [];

        public string Prefix { get; } = RedisServer.NewPrefix();

        public RedisServer Server => _server!;

        internal IReadOnlyList<SiloProcess> All => _all;

        public async Task InitializeAsync()
        {
            _server = await RedisServer.StartAsync();
            using var raw = await _server.ConnectAsync();
            await raw.CallAsync("ACL", "SETUSER", "silo", "on", ">p", "~*", "&*", "+@all");
            string[] arguments = ["--AgentStream:Demo:TokenDelay=0", $"--AgentStream:RedisPrefix={Prefix}", $"--ConnectionStrings:redis={_server.Configuration},user=silo,password=p"];
            _all = [await SiloProcess.StartAsync(arguments), await SiloProcess.StartAsync(arguments)];
        }

        public async Task DisposeAsync()
        {
            foreach (var silo in _all)
            {
                await silo.DisposeAsync();
            }

            await Server.DisposeAsync();
        }
    }
}
