using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Tests;

/// <summary>Hears from the silo's log that a run waits for the stream store: the one sign of an outage that a run gives.</summary>
internal sealed class WaitingRuns : ILoggerProvider, ILogger
{
    private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void AddTo(IServiceCollection services) => services.AddSingleton<ILoggerProvider>(this);

    /// <summary>Completes when a run waits.</summary>
    public Task OneWaitsAsync() => _waits.Task.Within("a run that waits for the stream store");

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (formatter(state, exception).Contains("waits for the stream store", StringComparison.Ordinal))
        {
            _waits.TrySetResult();
        }
    }

    public void Dispose()
    {
    }
}
