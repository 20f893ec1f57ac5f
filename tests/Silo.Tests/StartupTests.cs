using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Silo.Tests;

/// <summary>The exit code says why the process ended.</summary>
public sealed class StartupTests : IDisposable
{
    private readonly int _exitCode = Environment.ExitCode;

    public void Dispose() => Environment.ExitCode = _exitCode;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_process_that_stops_because_a_service_of_its_has_ended_says_so_by_its_exit_code(int exitCode)
    {
        var code = await RunAsync(lifetime => lifetime.ApplicationStarted.Register(() =>
        {
            Environment.ExitCode = exitCode;
            lifetime.StopApplication();
        }));
        Assert.Equal(exitCode, code);
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(NullReferenceException))]
    [InlineData(typeof(OperationCanceledException))]
    public async Task Whatever_fails_a_start_is_exit_code_1(Type failure) =>
        Assert.Equal(1, await RunAsync(_ => throw (Exception)Activator.CreateInstance(failure)!));

    private static Task<int> RunAsync(Action<IHostApplicationLifetime> start) => TestStartup.RunAsync([], builder =>
    {
        builder.Services.AddHostedService(services => new Service(() => start(services.GetRequiredService<IHostApplicationLifetime>())));
        return builder.Build();
    });

    private sealed class Service(Action start) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            start();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
