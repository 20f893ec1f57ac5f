extern alias storage;

using AgentStream.TestTools;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using storage::AgentStream.Background;

namespace AgentStream.Storage.Tests.Background;

/// <summary>Background work ends with an order, or the process ends with it.</summary>
public sealed class EndlessServiceTests : IDisposable
{
    private readonly ApplicationLifetime _lifetime = new(NullLogger<ApplicationLifetime>.Instance);
    private readonly int _exitCode = Environment.ExitCode;

    public void Dispose() => Environment.ExitCode = _exitCode;

    [Fact]
    public async Task A_service_that_is_told_to_stop_stops_nothing_else()
    {
        using var service = new Service(_lifetime, stopping => Task.Delay(Timeout.Infinite, stopping));
        await service.StartAsync(CancellationToken.None);
        await service.StopAsync(CancellationToken.None).Within();

        Assert.False(service.HasFailed || _lifetime.ApplicationStopping.IsCancellationRequested);
        Assert.Equal(_exitCode, Environment.ExitCode);
    }

    [Fact]
    public Task A_service_that_fails_ends_the_process_with_an_exit_code() => EndsAsync(_ => throw new InvalidOperationException("surprise"));

    [Fact]
    public Task A_service_that_just_returns_ends_the_process_with_an_exit_code() => EndsAsync(_ => Task.CompletedTask);

    [Fact]
    public async Task A_round_that_fails_is_not_the_last()
    {
        using var stop = new CancellationTokenSource();
        var rounds = 0;
        var working = new Rounds("Working", NullLogger.Instance).RunAsync(
            _ =>
            {
                rounds++;
                throw rounds switch
                {
                    1 => new StorageUnavailableException("away"),
                    2 => new StorageRefusedException("refused"),
                    3 => new OperationCanceledException("of something else"),
                    4 => new InvalidOperationException("surprise"),
                    _ => Stop(),
                };
            },
            _ => Task.CompletedTask,
            stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working).Within();
        Assert.Equal(5, rounds);

        Exception Stop()
        {
            stop.Cancel();
            return new IOException("thrown by what was told to stop");
        }
    }

    private async Task EndsAsync(Func<CancellationToken, Task> work)
    {
        using var service = new Service(_lifetime, work);
        await service.StartAsync(CancellationToken.None);
        await Wait.Until(() => _lifetime.ApplicationStopping.IsCancellationRequested, "the order to stop");

        Assert.Equal((true, 1), (service.HasFailed, Environment.ExitCode));
        await service.StopAsync(CancellationToken.None).Within();
    }

    private sealed class Service(IHostApplicationLifetime lifetime, Func<CancellationToken, Task> work) : EndlessService(lifetime, NullLogger.Instance)
    {
        protected override Task WorkAsync(CancellationToken stopping) => work(stopping);
    }
}
