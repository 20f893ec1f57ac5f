using System.Collections.Concurrent;
using AgentStream.Grains.Webhooks;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Webhooks;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Tests.Webhooks;

/// <summary>Silos that send webhooks to receivers on loopback, by a clock that the test moves.</summary>
internal sealed class WebhookStage : IDisposable
{
    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public ManualTimeProvider Time { get; } = new(Start);

    public Receiver Receiver { get; } = new();

    /// <summary>Shared by silos where the test has more than one in memory.</summary>
    public InMemoryWebhookOutbox Outbox { get; } = new();

    public LogOf Log { get; } = new();

    public SessionKey Key { get; } = TestSilos.NewSession();

    /// <summary>The settings of most tests: one endpoint that hears of all, on loopback.</summary>
    public void Configure(WebhookOptions options) => Configure(options, Receiver);

    public static void Configure(WebhookOptions options, params Receiver[] receivers)
    {
        (options.AllowHttp, options.AllowPrivateAddresses) = (true, true);
        foreach (var receiver in receivers)
        {
            options.Endpoints.Add(new WebhookEndpointOptions { Url = receiver.Url, Secret = receiver.Secret });
        }
    }

    public Task<TestSilos> StartAsync(
        IChatClient model,
        Action<WebhookOptions>? options = null,
        Action<AgentBuilder>? agent = null,
        Action<IServiceCollection>? services = null,
        string? redis = null,
        Action<StorageOptions>? storage = null) => TestSilos.StartAsync(
        redis,
        model,
        _ => { },
        built =>
        {
            built.WithTool((int amount) => $"paid {amount}", "pay", requiresApproval: true);
            agent?.Invoke(built);
        },
        added =>
        {
            AddTo(added);
            added.Configure(options ?? Configure);
            if (redis is null && storage is null)
            {
                added.AddSingleton<IWebhookOutbox>(Outbox);
            }

            services?.Invoke(added);
        },
        storage: storage);

    public static WebhookService ServiceOf(TestSilos silos) => silos.Services.GetServices<IHostedService>().OfType<WebhookService>().Single();

    /// <summary>Moves the clock, and has a silo send all that is due then. What its own rounds send has come to its end before that: a jump of the clock would be a timeout.</summary>
    public async Task SendAsync(TestSilos silos, TimeSpan? by = null)
    {
        await Wait.Until(() => ServiceOf(silos).InHand == 0, "what is being sent");
        Time.Jump(by ?? TimeSpan.Zero);
        await await ServiceOf(silos).LookAsync(CancellationToken.None);
    }

    /// <summary>What waits, whenever it is due.</summary>
    public async Task<IReadOnlyList<WebhookDelivery>> WaitingAsync() => await Outbox.TakeDueAsync(DateTimeOffset.MaxValue, DateTimeOffset.MaxValue, 1000);

    /// <summary>Waits until nothing is in the outbox.</summary>
    public Task EmptyAsync() => Wait.Until(async () => (await WaitingAsync()).Count == 0, "the outbox to be empty");

    public void Dispose() => Receiver.Dispose();

    private void AddTo(IServiceCollection services)
    {
        services.AddRunClock(Time);
        services.AddSingleton<ILoggerProvider>(Log);
    }

    /// <summary>The lines of AgentStream itself, with their levels and exceptions.</summary>
    internal sealed class LogOf : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<(LogLevel Level, string Line)> _lines = [];

        public string All => string.Join('\n', _lines.Select(line => line.Line));

        public IReadOnlyList<string> Warnings => [.. _lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Line)];

        public ILogger CreateLogger(string categoryName) =>
            categoryName.StartsWith(nameof(AgentStream), StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue((logLevel, $"{eventId.Id} {formatter(state, exception)} {exception}".TrimEnd()));

        public void Dispose()
        {
        }
    }
}
