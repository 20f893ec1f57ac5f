using AgentStream.Messages;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Redis;
using AgentStream.Storage.Sqlite;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests;

/// <summary>Sessions outlive the processes that they were in.</summary>
public sealed class RestartTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-journal-");
    private readonly SessionKey _key = TestSilos.NewSession();

    private string File => Path.Combine(_folder.FullName, "sessions.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public Task A_session_goes_on_after_a_restart_with_Redis()
    {
        var prefix = RedisServer.NewPrefix();
        return GoesOnAsync<RedisJournal>(redis.Server.Configuration, storage => storage.RedisPrefix = prefix);
    }

    [Fact]
    public Task A_session_continues_after_a_restart_with_SQLite() => GoesOnAsync<SqliteJournal>(null, InFile);

    [Fact]
    public Task Events_in_Redis_and_sessions_in_SQLite_go_together() => GoesOnAsync<SqliteJournal>(redis.Server.Configuration, InFile);

    [Fact]
    public async Task A_run_that_a_process_left_continues_when_the_next_starts_with_its_file()
    {
        var gate = new Gate();
        var left = new ScriptedModel([Step.Say("Let me see."), Step.Call("c1", "add", ("a", 1), ("b", 2))], [Step.Say("It "), new Step.Pause(gate)]);
        await using (var silos = await StartAsync(left))
        {
            await silos.Client.StartAsync(_key, new RunRequest("What is 1 + 2?"));
            await gate.ReachedAsync();
        }

        var next = new ScriptedModel([Step.Say("It is 3.")]);
        await using (var silos = await StartAsync(next))
        {
            await Wait.Until(() => next.Requests.Count > 0, "the run continues");
            Assert.Equal($$$"""
                begin {"session_id":"{{{_key.Session}}}"}
                info {"msg":"resumed","idx":0}
                event {"idx":0,"event":"llm-begin"}
                event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"Let me see."}
                event {"idx":0,"event":"answer"}
                event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"add","tool_call_id":"c1","args":{"a":1,"b":2}}
                event {"idx":0,"event":"llm-end"}
                event {"idx":1,"event":"llm-begin"}
                event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"add","tool_call_id":"c1","content":3}
                event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"It is 3."}
                event {"idx":1,"event":"answer"}
                event {"idx":1,"event":"llm-end"}
                end

                """, await silos.TranscriptAsync(_key));
            Assert.Equal(4, ModelMessages.FromJson((await silos.Client.GetSessionAsync(_key))!.Messages).Count);
        }

        Task<TestSilos> StartAsync(ScriptedModel model) => TestSilos.StartAsync(
            null,
            model,
            options => options.DrainTimeout = TimeSpan.Zero,
            agent => agent.WithTool((int a, int b) => a + b, "add"),
            storage: InFile);
    }

    [Fact]
    public async Task A_program_without_actors_goes_on_after_a_restart()
    {
        for (var run = 1; run <= 2; run++)
        {
            using var database = SqliteDatabase.Open(File);
            await using var runtime = await StandaloneRuntime.StartAsync();
            var model = new ScriptedModel([Step.Say($"answer {run}")]);
            await runtime.RunAsync(
                new StandaloneSession(new SqliteJournal(database)), runtime.NewAgent("assistant", agent => agent.UseChatClient(_ => model)), $"prompt {run}", runtime.NewDeps(_key));
            Assert.Equal(run == 1 ? ["prompt 1"] : ["prompt 1", "answer 1", "prompt 2"], Heard(model));
        }
    }

    [Fact]
    public async Task Without_actors_and_settings_no_file_is_made()
    {
        var before = Directory.GetFileSystemEntries(Environment.CurrentDirectory);
        await using var runtime = await StandaloneRuntime.StartAsync();
        Assert.Equal(before, Directory.GetFileSystemEntries(Environment.CurrentDirectory));
    }

    [Fact]
    public async Task Memory_can_be_asked_for_with_Redis()
    {
        await using var silos = await TestSilos.StartAsync(redis.Server.Configuration, new ScriptedModel(), _ => { }, _ => { }, storage: storage => storage.Journal = "memory");
        Assert.IsType<InMemoryJournal>(silos.Services.GetRequiredService<ISessionJournal>());
    }

    [Fact]
    public async Task A_journal_of_the_users_own_comes_before_all_settings()
    {
        var own = new InMemoryJournal();
        await using var silos = await TestSilos.StartAsync(
            redis.Server.Configuration, new ScriptedModel(), _ => { }, _ => { }, services => services.AddSingleton<ISessionJournal>(own));
        Assert.Same(own, silos.Services.GetRequiredService<ISessionJournal>());
    }

    [Theory]
    [InlineData("disk", "AgentStream:Journal must be 'memory', 'sqlite' or 'redis', or be left out, but is 'disk'.")]
    [InlineData("file", "AgentStream:Journal 'file' is gone: set it to 'sqlite', and AgentStream:JournalPath to the file that is to keep sessions.")]
    [InlineData("redis", "AgentStream:Journal is 'redis', but ConnectionStrings:redis is not set.")]
    public async Task A_wrong_setting_stops_the_start_with_a_sentence(string journal, string expected)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StandaloneRuntime.StartAsync(configureStorage: storage => storage.Journal = journal));
        Assert.Equal([expected], error.Failures);
    }

    [Fact]
    public async Task A_file_in_use_stops_the_start_with_a_sentence_that_names_it_and_the_setting()
    {
        await using var first = await StandaloneRuntime.StartAsync(configureStorage: InFile);
        var error = await Assert.ThrowsAsync<IOException>(() => StandaloneRuntime.StartAsync(configureStorage: InFile));
        Assert.Equal($"The database '{File}' is in use by another process; set AgentStream:JournalPath to another file.", error.Message);
    }

    private void InFile(StorageOptions storage) => (storage.Journal, storage.JournalPath) = ("sqlite", File);

    private static IEnumerable<string> Heard(ScriptedModel model) => model.Requests.Single().Messages.Select(message => message.Text);

    /// <summary>Runs a prompt, ends the cluster, and runs another prompt in a new one.</summary>
    private async Task GoesOnAsync<TJournal>(string? redis, Action<StorageOptions> storage)
    {
        var first = new ScriptedModel([Step.Think("hm"), Step.Call("c1", "add", ("a", 1), ("b", 2))], [Step.Say("It is 3.")]);
        await using (var silos = await StartAsync(first))
        {
            Assert.IsType<TJournal>(silos.Services.GetRequiredService<ISessionJournal>());
            await silos.RunAsync(_key, "What is 1 + 2?");
        }

        var second = new ScriptedModel([Step.Say("You asked for 1 + 2.")]);
        await using (var silos = await StartAsync(second))
        {
            var before = (await silos.Client.GetSessionAsync(_key))!;
            Assert.Equal("What is 1 + 2?", before.Title);
            Assert.Equal(4, ModelMessages.FromJson(before.Messages).Count);

            await silos.RunAsync(_key, "What did I ask?");
            Assert.Equal(["What is 1 + 2?", "", "", "It is 3.", "What did I ask?"], Heard(second));
            Assert.Equal(6, ModelMessages.FromJson((await silos.Client.GetSessionAsync(_key))!.Messages).Count);
        }

        Task<TestSilos> StartAsync(ScriptedModel model) =>
            TestSilos.StartAsync(redis, model, _ => { }, agent => agent.WithTool((int a, int b) => a + b, "add"), storage: storage);
    }
}
