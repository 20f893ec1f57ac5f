using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Tests.Tools;

/// <summary>What the runs of a test's silo log.</summary>
internal sealed class Entries : ILoggerProvider, ILogger, ISupportExternalScope
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text, Exception? Exception)> _entries = new();

    /// <summary>The warnings and errors.</summary>
    public IReadOnlyList<(LogLevel Level, string Text, Exception? Exception)> Faults => [.. _entries.Where(entry => entry.Level >= LogLevel.Warning)];

    /// <summary>All texts so far.</summary>
    public IReadOnlyList<string> Texts => [.. _entries.Select(entry => $"{entry.Level}: {entry.Text}")];

    /// <summary>The values of the scopes around each text.</summary>
    public ConcurrentDictionary<string, string> Scopes { get; } = new();

    private IExternalScopeProvider? _scopes;

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void AddTo(IServiceCollection services) => services.AddSingleton<ILoggerProvider>(this);

    public ILogger CreateLogger(string categoryName) => categoryName == "AgentStream.Run" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        var values = new List<string>();
        _scopes?.ForEachScope(static (scope, all) => all.AddRange((scope as IEnumerable<KeyValuePair<string, object?>> ?? []).Select(value => $"{value.Key}={value.Value}")), values);
        Scopes[text] = string.Join('|', values);
        _entries.Enqueue((logLevel, text, exception));
    }

    public void Dispose()
    {
    }
}
