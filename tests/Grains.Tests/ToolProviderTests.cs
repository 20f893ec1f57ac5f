using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests;

/// <summary>Tools that somebody else has: asked for at the start of each run.</summary>
public sealed class ToolProviderTests
{
    [Fact]
    public async Task Each_run_has_the_tools_of_its_start()
    {
        var source = new Source(Tool("one"), Tool("two"));
        var model = new ScriptedModel([Step.Call("c1", "own")], [Step.Call("c2", "one")], [Step.Say("ok")], [Step.Call("c3", "two")], [Step.Say("ok")]);
        await using var silos = await StartAsync(model, source, agent => agent.WithTool(() => "own", "own"));
        Assert.Contains("\"content\":\"I am one\"", await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
        Assert.Contains("\"content\":\"I am two\"", await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
        Assert.Equal(
            ["own one", "own one", "own one", "own two", "own two"],
            model.Requests.Select(request => string.Join(' ', request.Options!.Tools!.Select(tool => tool.Name))));
    }

    [Fact]
    public async Task A_source_that_fails_ends_the_run_and_is_asked_again_by_the_next()
    {
        var source = new Source(() => throw new InvalidOperationException("the shed is locked"), Tool("one"));
        await using var silos = await StartAsync(new ScriptedModel([Step.Say("ok")]), source);
        Assert.EndsWith(
            "error {\"msg\":\"crashed - the shed is locked\",\"reason\":\"tool_failed\"}\nend\n", await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
        Assert.Contains("\"ok\"", await silos.RunAsync(TestSilos.NewSession()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_whose_name_is_taken_ends_the_run()
    {
        await using var silos = await StartAsync(new ScriptedModel(), new Source(Tool("one")), agent => agent.WithTool(() => 1, "one"));
        Assert.EndsWith(
            "error {\"msg\":\"crashed - two tools are named 'one', one of the agent and one of the shed; tools need different names\",\"reason\":\"tool_failed\"}\nend\n",
            await silos.RunAsync(TestSilos.NewSession()),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_is_disposed_of_with_the_host()
    {
        var (source, gate) = (new Source(Tool("one")), new Gate());
        await using (var silos = await StartAsync(new ScriptedModel([new Step.Pause(gate)]), source))
        {
            await silos.Client.StartAsync(TestSilos.NewSession(), new RunRequest("go"));
            await gate.ReachedAsync();
            Assert.False(source.IsDisposed);
        }

        Assert.True(source.IsDisposed);
    }

    [Fact]
    public void Two_sources_of_one_name_are_refused()
    {
        var builder = new AgentBuilder().WithToolProvider("the shed", _ => new Source());
        Assert.StartsWith(
            "The agent has the shed already", Assert.Throws<ArgumentException>(() => builder.WithToolProvider("the shed", _ => new Source())).Message, StringComparison.Ordinal);
    }

    private static Func<AITool> Tool(string name) => () => AIFunctionFactory.Create(() => $"I am {name}", name);

    private static Task<TestSilos> StartAsync(IChatClient model, Source source, Action<AgentBuilder>? agent = null) => TestSilos.StartAsync(
        null,
        model,
        _ => { },
        a =>
        {
            a.WithToolProvider("the shed", _ => source);
            agent?.Invoke(a);
        });

    /// <summary>Gives one tool to each run, in turn.</summary>
    private sealed class Source(params Func<AITool>[] tools) : IToolProvider, IAsyncDisposable
    {
        private int _asked;

        public bool IsDisposed { get; private set; }

        public ValueTask<IReadOnlyList<AITool>> GetToolsAsync(CancellationToken cancellationToken) => new([tools[_asked++]()]);

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
