using AgentStream.Grains.Queue;
using AgentStream.Storage;
using AgentStream.Storage.Queue;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Tests.Queue;

/// <summary>Silos whose look for forgotten prompts never comes by itself: its clock stands still.</summary>
internal sealed class QueueStage
{
    public ManualTimeProvider Time { get; } = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Adds the clock and nothing else.</summary>
    public void AddTime(IServiceCollection services) => services.AddRunClock(Time);

    public Task<TestSilos> StartAsync(
        string? redis, ScriptedModel model, Action<AgentBuilder>? agent = null, Action<IServiceCollection>? services = null, Action<StorageOptions>? storage = null) => TestSilos.StartAsync(
        redis,
        model,
        _ => { },
        built => agent?.Invoke(built),
        added =>
        {
            AddTime(added);
            services?.Invoke(added);
        },
        storage: storage);

    /// <summary>A look of the silo.</summary>
    public static Task LookAsync(TestSilos silos) => ServiceOf(silos).LookAsync(CancellationToken.None);

    /// <summary>Lets a prompt wait for a session, whether it has a run or not.</summary>
    public static async Task<string> QueueAsync(TestSilos silos, SessionKey key, string prompt)
    {
        var runId = Guid.CreateVersion7().ToString();
        await silos.Services.GetRequiredService<IPromptQueue>().AddAsync(key, new QueuedPrompt(runId, "scripted", prompt, DateTimeOffset.UnixEpoch));
        return runId;
    }

    /// <summary>Waits until a run has ended.</summary>
    public static Task EndedAsync(TestSilos silos, SessionKey key, string runId) => Wait.Until(
        async () => await silos.Services.GetRequiredService<IStreamStore>().FindRunAsync(key) is { HasEnded: true } run && run.Run.RunId == runId,
        $"run {runId} of session {key} to end");

    private static PromptQueueService ServiceOf(TestSilos silos) => silos.Services.GetServices<IHostedService>().OfType<PromptQueueService>().Single();
}
