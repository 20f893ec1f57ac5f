using System.Collections.Concurrent;
using System.Globalization;
using AgentStream.Grains.Tests.Actors;
using AgentStream.TestTools;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Tests.Hosting;

/// <summary>Silos and clients of one cluster, set up by the configuration as their users do it, all in this process.</summary>
internal sealed class ClusterStage(string? redis) : IAsyncDisposable
{
    private readonly List<IHost> _hosts = [];

    /// <summary>What its keys start with, and what it is called.</summary>
    public string Name { get; } = RedisServer.NewPrefix();

    /// <summary>What silos and clients warned of.</summary>
    public ConcurrentQueue<string> Warnings { get; } = [];

    public Task<IHost> StartSiloAsync(params (string Name, object Value)[] settings) =>
        StartSiloAsync(new ScriptedModel([.. Enumerable.Repeat<Step[]>([Step.Say("hello")], 100)]), settings);

    public Task<IHost> StartSiloAsync(ScriptedModel model, params (string Name, object Value)[] settings) =>
        StartAsync(settings, builder => builder.AddAgentStream().AddAgent("greeting", agent => agent.UseChatClient(_ => model)));

    public Task<IHost> StartClientAsync(params (string Name, object Value)[] settings) => StartAsync(settings, builder => builder.AddAgentStreamClient());

    /// <summary>A client that says that it is a silo's own.</summary>
    public Task<IHost> StartForgedClientAsync() => StartAsync([], builder =>
    {
        builder.AddAgentStreamClient();
        Sources.Forge(builder.Services, "hosted-by-nobody");
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            await host.StopAsync();
            host.Dispose();
        }
    }

    private async Task<IHost> StartAsync((string Name, object Value)[] settings, Action<IHostApplicationBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration["ConnectionStrings:redis"] = redis;
        builder.Configuration["AgentStream:RedisPrefix"] = Name;
        builder.Configuration["AgentStream:Lease"] = "5m";
        builder.Configuration["AgentStream:RedisTimeout"] = "1m";
        builder.Configuration["AgentStream:Journal"] = redis is null ? "memory" : "redis";
        builder.Configuration["AgentStream:Cluster:ClusterId"] = Name;
        foreach (var (name, value) in settings)
        {
            builder.Configuration[$"AgentStream:Cluster:{name}"] = Convert.ToString(value, CultureInfo.InvariantCulture);
        }

        builder.Logging.AddProvider(new WarningsOf(Warnings));
        configure(builder);
        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            throw;
        }

        _hosts.Add(host);
        return host;
    }

    /// <summary>The warnings of AgentStream itself.</summary>
    private sealed class WarningsOf(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) =>
            categoryName.StartsWith(nameof(AgentStream), StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{eventId.Id} {formatter(state, exception)}"));
            }
        }

        public void Dispose()
        {
        }
    }
}
