using AgentStream.Grains.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests.Hosting;

/// <summary>When Orleans' watchdog, which has a thread of its own, is heard.</summary>
public sealed class QuietLogsTests
{
    [Fact]
    public async Task The_watchdog_is_heard_between_the_start_and_the_end_and_throws_nothing_behind_it()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton<IConfigureOptions<LoggerFilterOptions>, QuietLogs>();
        builder.Logging.AddProvider(new Everything());
        var host = builder.Build();
        var watchdog = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Orleans.Runtime.Watchdog");
        Assert.False(watchdog.IsEnabled(LogLevel.Error));
        await host.StartAsync();
        Assert.True(watchdog.IsEnabled(LogLevel.Error));
        await host.StopAsync();
        Assert.False(watchdog.IsEnabled(LogLevel.Error));
        host.Dispose();
        Assert.False(watchdog.IsEnabled(LogLevel.Error));
    }

    [Fact]
    public void A_program_that_did_not_start_and_is_gone_throws_nothing_either()
    {
        var services = new ServiceCollection().AddLogging(logs => logs.AddProvider(new Everything())).AddSingleton<IConfigureOptions<LoggerFilterOptions>, QuietLogs>().BuildServiceProvider();
        var watchdog = services.GetRequiredService<ILoggerFactory>().CreateLogger("Orleans.Runtime.Watchdog");
        services.Dispose();
        Assert.False(watchdog.IsEnabled(LogLevel.Error));
    }

    private sealed class Everything : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
        }

        public void Dispose()
        {
        }
    }
}
