using Microsoft.Extensions.Logging;

namespace AgentStream.Logs;

/// <summary>
/// Loggers that take foreign text: names that a model makes up, paths that somebody asks for, exceptions of anybody. All that goes through one is on one line, drives no terminal and has no secret.
/// A program's console is not ours to change, so each logger of AgentStream's is made safe where it is got.
/// </summary>
internal static class SafeLogs
{
    /// <summary>A logger whose lines are harmless.</summary>
    /// <param name="logger">Takes the lines.</param>
    /// <param name="secrets">What no line may have (<see cref="Secrets.In"/>); null for no more than what looks like a secret.</param>
    public static ILogger Safe(this ILogger logger, IReadOnlyList<string>? secrets = null) => new SafeLogger(logger, secrets);

    /// <summary>A factory whose loggers' lines are harmless.</summary>
    public static ILoggerFactory Safe(this ILoggerFactory loggers, IReadOnlyList<string>? secrets = null) => new SafeLoggerFactory(loggers, secrets);

    private sealed class SafeLoggerFactory(ILoggerFactory inner, IReadOnlyList<string>? secrets) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => inner.CreateLogger(categoryName).Safe(secrets);

        public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

        public void Dispose() => inner.Dispose();
    }

    private sealed class SafeLogger(ILogger inner, IReadOnlyList<string>? secrets) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(SafeScope.Of(state, secrets));

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (inner.IsEnabled(logLevel))
            {
                var entry = new SafeEntry(state as IReadOnlyList<KeyValuePair<string, object?>> ?? [], formatter(state, exception), secrets);
                inner.Log(logLevel, eventId, entry, SafeException.Of(exception, secrets), static (safe, _) => safe.ToString());
            }
        }
    }
}
