using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace AgentStream.Silo.Tests;

/// <summary>All that a program logs, at any level: the text, the values and the exception.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(string Text, string Values, Exception? Exception)> _lines = new();

    public IReadOnlyList<(string Text, string Values, Exception? Exception)> Lines => [.. _lines];

    public string All => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => this;

    /// <summary>The scopes that were opened: the text, and the values.</summary>
    public ConcurrentQueue<(string? Text, string Values)> Scopes { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Scopes.Enqueue((state.ToString(), Joined(state)));
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _lines.Enqueue(
        (formatter(state, exception), Joined(state), exception));

    public void Dispose()
    {
    }

    private static string Joined<TState>(TState state) => string.Join('|', (state as IEnumerable<KeyValuePair<string, object?>> ?? []).Select(value => $"{value.Key}={value.Value}"));
}
