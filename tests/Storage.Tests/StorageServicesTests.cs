using AgentStream.Storage.InMemory;
using AgentStream.Storage.Ownership;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Tailing;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Storage.Tests;

public sealed class StorageServicesTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Without_a_Redis_the_log_is_in_memory_and_works(string? configuration)
    {
        using var host = Build(configuration);
        await host.StartAsync();

        Assert.IsType<InMemoryStreamStore>(host.Services.GetRequiredService<IStreamStore>());
        await WorksAsync(host);
    }

    [Fact]
    public async Task With_a_Redis_it_is_connected_before_anything_serves()
    {
        using var host = Build(redis.Server.Configuration);
        await host.StartAsync();

        Assert.IsType<RedisStreamStore>(host.Services.GetRequiredService<IStreamStore>());
        await WorksAsync(host);
    }

    [Fact]
    public async Task A_Redis_that_is_not_there_fails_the_start()
    {
        var server = await RedisServer.StartAsync();
        await server.DisposeAsync();
        using var host = Build(server.Configuration + ",connectRetry=1");

        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => host.StartAsync()).Within();

        Assert.Contains(server.Configuration, error.Message, StringComparison.Ordinal);
    }

    private static IHost Build(string? configuration)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration[$"ConnectionStrings:{AgentStreamOptions.RedisConnectionName}"] = configuration;
        builder.Services.AddStorage(builder.Configuration);
        builder.Services.Configure<StorageOptions>(options =>
            (options.RedisPrefix, options.RedisTimeout, options.Journal) = (RedisServer.NewPrefix(), TimeSpan.FromMinutes(1), "memory"));
        return builder.Build();
    }

    private static async Task WorksAsync(IHost host)
    {
        var log = host.Services.GetRequiredService<IStreamStore>();
        var run = new RunToken(new(1, 2, "s"), host.Services.GetRequiredService<SiloIdentity>().Id, "run");
        var heard = new TaskCompletionSource<RunStatus>();
        await log.StartAsync(run);
        using var registration = host.Services.GetRequiredService<RunRegistry>().Register(run, heard.SetResult);
        await log.CancelAsync(run.Key);
        Assert.Equal(RunStatus.Canceled, await heard.Task.Within());
        await log.FinishAsync(run, 1, [], TimeSpan.FromMinutes(1));
        var types = new List<string>();
        await foreach (var entry in host.Services.GetRequiredService<StreamHub>().ListenAsync(run.Key))
        {
            types.Add(entry.Type);
        }

        Assert.Equal(["begin", "end"], types);
        await host.StopAsync().Within();
    }
}
