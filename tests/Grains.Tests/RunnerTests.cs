using AgentStream.Messages;
using AgentStream.Storage.InMemory;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests;

/// <summary>Runs without a grain, as a console program has them.</summary>
public sealed class RunnerTests
{
    private static readonly SessionKey Key = new(1, 1, "session-1");

    [Fact]
    public async Task A_program_without_actors_runs_an_agent_follows_it_and_keeps_its_messages()
    {
        IReadOnlyList<ModelMessage> kept = [];
        var model = new ScriptedModel([Step.Say("Hello")], [Step.Say("again")]);
        await using var runtime = await StandaloneRuntime.StartAsync(configure: options => options.GracePeriod = Wait.Limit);
        var agent = runtime.NewAgent("assistant", a => a.UseChatClient(_ => model));

        var deps = runtime.NewDeps(Key);
        await runtime.RunAsync(NewSession(), agent, "Hello, world!", deps);
        var heard = new List<string>();
        await foreach (var item in deps.ListenAsync())
        {
            heard.Add(item.ToJson());
        }

        Assert.Equal("""{"type":"begin","origin":"pydantic-ai-stream","body":{"session_id":"session-1"}}""", heard[0]);
        Assert.Equal("""{"type":"event","origin":"pydantic-ai","body":{"idx":0,"event":"llm-end"}}""", heard[^1]);
        Assert.Equal(2, kept.Count);

        Assert.NotNull(kept[0].RunId);
        Assert.Equal(kept[0].RunId, kept[1].RunId);

        // A new session object, as after a restart, finds what was kept.
        await runtime.RunAsync(NewSession(), agent, "Again", runtime.NewDeps(Key));
        Assert.Equal(4, kept.Count);
        Assert.Equal(["Hello, world!", "Hello", "Again"], model.Requests.Last().Messages.Select(m => m.Text));

        StandaloneSession NewSession() => new(
            _ => new(kept),
            (messages, _) =>
            {
                kept = messages;
                return ValueTask.CompletedTask;
            });
    }

    [Fact]
    public async Task A_call_that_waits_is_thrown_to_the_caller_and_the_next_prompt_declines_it()
    {
        var (model, called) = (new ScriptedModel([Step.Call("c1", "pay")], [Step.Say("done")]), 0);
        await using var runtime = await StandaloneRuntime.StartAsync();
        var agent = runtime.NewAgent("assistant", a => a.UseChatClient(_ => model).WithTool(() => ++called, "pay", requiresApproval: true));
        var session = new StandaloneSession(new InMemoryJournal());

        var paused = await Assert.ThrowsAsync<RunPausedException>(() => runtime.RunAsync(session, agent, "pay", runtime.NewDeps(Key)));
        Assert.Equal("pay", Assert.Single(paused.Requests).ToolName);

        await runtime.RunAsync(session, agent, "never mind", runtime.NewDeps(Key));
        Assert.Equal("never mind", model.Requests.Last().Messages[^1].Text);
        Assert.Equal(0, called);
    }

    [Fact]
    public async Task A_cancel_is_thrown_to_the_caller_and_what_was_said_is_kept()
    {
        var gate = new Gate();
        await using var runtime = await StandaloneRuntime.StartAsync();
        var agent = runtime.NewAgent("assistant", a => a.UseChatClient(_ => new ScriptedModel([Step.Say("half"), new Step.Pause(gate)])));
        var session = new StandaloneSession(new InMemoryJournal());
        var deps = runtime.NewDeps(Key);
        var running = runtime.RunAsync(session, agent, "go", deps);
        await gate.ReachedAsync();
        Assert.True(await runtime.NewDeps(Key).CancelAsync());
        Assert.Equal(Key.ToString(), (await Assert.ThrowsAsync<RunCanceledException>(() => running.Within())).Session);
        Assert.Equal("half", Assert.IsType<TextPart>(Assert.IsType<ModelResponse>(session.Messages[^1]).Parts.Single()).Content);
        Assert.False(await deps.IsLiveAsync());
    }

    [Fact]
    public async Task A_token_cancels_the_run()
    {
        var gate = new Gate();
        using var stop = new CancellationTokenSource();
        await using var runtime = await StandaloneRuntime.StartAsync();
        var agent = runtime.NewAgent("assistant", a => a.UseChatClient(_ => new ScriptedModel([new Step.Pause(gate)])));
        var running = runtime.RunAsync(new StandaloneSession(new InMemoryJournal()), agent, "go", runtime.NewDeps(Key), stop.Token);
        await gate.ReachedAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAsync<RunCanceledException>(() => running.Within());
    }

    [Fact]
    public async Task What_the_model_throws_is_in_the_stream_and_thrown_to_the_caller()
    {
        await using var runtime = await StandaloneRuntime.StartAsync(configure: options => (options.IncludeDetailedErrors, options.GracePeriod) = (true, Wait.Limit));
        var agent = runtime.NewAgent("assistant", a => a.UseChatClient(_ => new ScriptedModel([new Step.Refuse("no credit")])));
        var deps = runtime.NewDeps(Key);
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => runtime.RunAsync(new StandaloneSession(new InMemoryJournal()), agent, "go", deps));
        Assert.Equal("no credit", thrown.Message);
        var last = "";
        await foreach (var item in deps.ListenAsync())
        {
            last = item.ToJson();
        }

        Assert.StartsWith("""{"type":"error","origin":"developer","body":{"msg":"crashed - no credit","reason":"model_failed","reference":""", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_cannot_load_ends_the_run_and_is_thrown_to_the_caller()
    {
        await using var runtime = await StandaloneRuntime.StartAsync();
        var agent = runtime.NewAgent("assistant", a => a.UseChatClient(_ => new ScriptedModel()));
        var session = new StandaloneSession(_ => throw new IOException("disk"), (_, _) => ValueTask.CompletedTask);
        var deps = runtime.NewDeps(Key);
        await Assert.ThrowsAsync<IOException>(() => runtime.RunAsync(session, agent, "go", deps));
        Assert.False(await deps.IsLiveAsync());
    }
}
