using AgentStream.Grains.Tests.Approvals;
using AgentStream.Storage;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Timers;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Schedules;

/// <summary>Silos whose clock the test moves, and what tests of schedules look at.</summary>
internal sealed class ScheduleStage
{
    private readonly ExpiryStage _stage = new();

    public static DateTimeOffset Start => ExpiryStage.Start;

    public ManualTimeProvider Time => _stage.Time;

    public ExpiryStage.SpyTimers Timers => _stage.Timers;

    /// <summary>What a model says that is asked so often at the most.</summary>
    public static ScriptedModel Answering(int times) => new([.. Enumerable.Range(1, times).Select(i => new[] { Step.Say($"answer {i}") })]);

    /// <summary>What the user said in each request that a model got, the last prompt of each.</summary>
    public static IReadOnlyList<string> Prompts(ScriptedModel model) =>
        [.. model.Requests.Select(request => request.Messages.Last(message => message.Role == ChatRole.User).Text)];

    public void AddTime(IServiceCollection services) => _stage.AddTime(services);

    public Task<TestSilos> StartAsync(
        IChatClient model, Action<IServiceCollection>? services = null, Action<AgentStreamOptions>? options = null, Action<AgentBuilder>? agent = null) => TestSilos.StartAsync(
        null,
        model,
        options ?? (_ => { }),
        built =>
        {
            _stage.AddTools(built);
            agent?.Invoke(built);
        },
        added =>
        {
            AddTime(added);
            added.AddSingleton<ISessionTimers>(Timers);
            services?.Invoke(added);
        });

    /// <summary>Moves the clock, and has the silo look. On its way the clock stops at every round of the silo's own, which finds nothing.</summary>
    public async Task AdvanceAsync(TestSilos silos, TimeSpan by)
    {
        Timers.IsBlind = true;
        Time.Advance(by);
        Timers.IsBlind = false;
        await LookAsync(silos);
    }

    public static Task LookAsync(TestSilos silos) => ExpiryStage.LookAsync(silos);

    public static Task<DateTimeOffset?> HandleAsync(TestSilos silos, SessionKey key) => ExpiryStage.HandleAsync(silos, key);

    /// <summary>Waits until a model was asked so often, and the session is free again.</summary>
    public static async Task AnsweredAsync(TestSilos silos, SessionKey key, ScriptedModel model, int times)
    {
        await Wait.Until(() => model.Requests.Count >= times, $"the model to be asked {times} times");
        await Wait.Until(async () => !await silos.Client.IsLiveAsync(key), "the run to end");
        Assert.True(times == model.Requests.Count, $"The model was asked {model.Requests.Count} times: {string.Join(", ", Prompts(model).Take(10))}");
    }

    /// <summary>The records of a session.</summary>
    public static async Task<IReadOnlyList<JournalRecord>> RecordsAsync(TestSilos silos, SessionKey key) =>
        await silos.Services.GetRequiredService<ISessionJournal>().ReadAsync(key, 0);

    /// <summary>Makes a session in a journal, as a process left it that is gone.</summary>
    public static async Task LeaveAsync(ISessionJournal journal, SessionKey key, params JournalRecord[] records) => await journal.AppendAsync(new RunToken(key, "dead", "run"), 0, records);

    public static ScheduleSetRecord Daily(string id, string prompt = "report", string agent = "scripted") =>
        new(id, agent, prompt, Start.AddHours(9)) { Timestamp = Start, Cron = "0 9 * * *", TimeZone = "UTC" };

    public static ScheduleSetRecord Once(string id, string prompt = "remind", string agent = "scripted") => new(id, agent, prompt, Start.AddHours(9)) { Timestamp = Start };

    public static string KeyOf(string id, DateTimeOffset at) => $"schedule {id} {at.ToUnixTimeMilliseconds()}";
}
