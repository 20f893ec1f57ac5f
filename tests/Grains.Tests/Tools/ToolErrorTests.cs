using AgentStream.Grains.Output;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace AgentStream.Grains.Tests.Tools;

/// <summary>What users and models hear of exceptions, and what the log has.</summary>
public sealed class ToolErrorTests
{
    private const string Secret = "Login failed for user 'sa' on db.internal.example:1433";
    private const string Generic = "something went wrong on the server; its log has the details";

    private readonly Entries _log = new();

    [Theory]
    [InlineData(false, "The tool find failed. The server's log has the details.")]
    [InlineData(true, "The tool find failed: " + Secret)]
    [InlineData(null, "The tool find failed: " + Secret)]
    public async Task A_tools_exception_is_logged_and_told_only_with_details(bool? details, string told)
    {
        var key = TestSilos.NewSession();
        var transcript = await RunAsync(key, details, agent => agent.WithTool(string () => throw new InvalidOperationException(Secret), "find"), [Step.Call("c1", "find")], [Step.Say("ok")]);
        Assert.Contains($"\"tool_call_id\":\"c1\",\"content\":\"{told}\"", transcript, StringComparison.Ordinal);

        var (level, text, exception) = Assert.Single(_log.Faults);
        Assert.Equal((LogLevel.Error, Secret), (level, Assert.IsType<InvalidOperationException>(exception).Message));
        Assert.Contains($"The tool find failed, in call c1 of run ", text, StringComparison.Ordinal);
        Assert.EndsWith($" of session {key}.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("of run  ", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_tool_wants_to_say_to_the_model_is_always_told(bool details)
    {
        var transcript = await RunAsync(
            TestSilos.NewSession(),
            details,
            agent => agent.WithTool(string () => throw new ToolException("there is no order 7", new IOException(Secret)), "find"),
            [Step.Call("c1", "find")],
            [Step.Say("ok")]);
        Assert.Contains("\"content\":\"The tool find failed: there is no order 7\"", transcript, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, transcript, StringComparison.Ordinal);
        var entry = Assert.Single(_log.Faults);
        Assert.Equal(LogLevel.Warning, entry.Level);
        Assert.Equal(Secret, Assert.IsType<ToolException>(entry.Exception).InnerException?.Message);
    }

    [Fact]
    public async Task A_call_that_the_model_wrote_wrongly_is_explained_to_it_and_is_no_fault_of_the_servers()
    {
        var transcript = await RunAsync(
            TestSilos.NewSession(),
            details: false,
            agent => agent.WithTool((int id, string? note = null) => id, "find").WithTool(AIFunctionFactory.Create((int id) => id, "get")),
            [Step.Call("c1", "find"), Step.Call("c2", "find", ("id", "seven")), Step.Call("c3", "find", ("id", 7), ("note", 8)), Step.Call("c4", "find", ("id", 7)), Step.Call("c5", "get")],
            [Step.Say("ok")]);
        Assert.Contains("\"tool_call_id\":\"c1\",\"content\":\"The required argument 'id' of find is missing.\"", transcript, StringComparison.Ordinal);
        Assert.Contains("\"tool_call_id\":\"c2\",\"content\":\"The argument 'id' of find does not fit its schema: {\\\"type\\\":\\\"integer\\\"}\"", transcript, StringComparison.Ordinal);
        Assert.Contains("\"tool_call_id\":\"c3\",\"content\":\"The argument 'note' of find does not fit its schema: ", transcript, StringComparison.Ordinal);
        Assert.Contains("\"tool_call_id\":\"c4\",\"content\":7", transcript, StringComparison.Ordinal);
        Assert.Contains("\"tool_call_id\":\"c5\",\"content\":\"The required argument 'id' of get is missing.\"", transcript, StringComparison.Ordinal);
        Assert.Empty(_log.Faults);
    }

    [Theory]
    [InlineData(false, "The tool find returned what cannot be told.")]
    [InlineData(true, "The tool find returned what cannot be told. ")]
    public async Task A_result_that_is_no_json_is_logged_and_explained_only_with_details(bool details, string told)
    {
        var transcript = await RunAsync(TestSilos.NewSession(), details, agent => agent.WithTool(() => new { Odd = typeof(string) }, "find"), [Step.Call("c1", "find")], [Step.Say("ok")]);
        Assert.Contains($"\"content\":\"{told}{(details ? "" : "\"}")}", transcript, StringComparison.Ordinal);
        Assert.Equal(details, transcript.Contains("System.Type", StringComparison.Ordinal));
        Assert.NotNull(Assert.Single(_log.Faults).Exception);
    }

    [Theory]
    [InlineData(false, Generic)]
    [InlineData(true, Secret)]
    public async Task A_runs_exception_is_logged_and_told_only_with_details(bool details, string told)
    {
        var key = TestSilos.NewSession();
        Assert.EndsWith($"error {{\"msg\":\"crashed - {told}\",\"reason\":\"model_failed\"}}\nend\n", await RunAsync(key, details, _ => { }, [Step.Say("so"), new Step.Fail(Secret)]), StringComparison.Ordinal);
        var (level, text, exception) = Assert.Single(_log.Faults);
        Assert.Equal((LogLevel.Error, Secret), (level, exception?.Message));
        Assert.Contains($" of session {key} crashed.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_runtime_says_of_a_run_is_always_told_and_what_the_model_adds_is_not()
    {
        Assert.EndsWith("\"crashed - the model's answer is empty (length)\",\"reason\":\"model_failed\"}\nend\n", await CrashAsync(new Step.Raw(new() { FinishReason = ChatFinishReason.Length })), StringComparison.Ordinal);
        Assert.EndsWith("\"crashed - the model was silent for 0.05 s\",\"reason\":\"model_unavailable\"}\nend\n", await CrashAsync(new Step.Pause(new Gate())), StringComparison.Ordinal);
        Assert.EndsWith("\"crashed - the model failed within its answer\",\"reason\":\"model_failed\"}\nend\n", await CrashAsync(new Step.Give(new ErrorContent(Secret))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_calls_tools_by_itself_is_held_to_the_same_rule()
    {
        var transcript = await RunAsync(
            TestSilos.NewSession(),
            details: false,
            agent => agent.WithTool(() => 1, "find"),
            [Step.Call("c1", "find"), new Step.Give(new FunctionResultContent("c1", null) { Exception = new IOException(Secret) }), Step.Say("ok")]);
        Assert.Contains("\"content\":\"The tool find failed. The server's log has the details.\"", transcript, StringComparison.Ordinal);
        Assert.Equal(Secret, Assert.Single(_log.Faults).Exception?.Message);
    }

    [Theory]
    [InlineData("Incorrect API key provided: sk-abcdefghijklmnop", "Incorrect API key provided: sk-***")]
    [InlineData("401: Authorization: Bearer eyJhbGciOiJub25lIn0.e30. was refused", "401: Authorization: Bearer *** was refused")]
    [InlineData("https://example.test/v1?api_key=abcdefghij", "https://example.test/v1?api_key=***")]
    [InlineData("Server=db;User Id=sa;Password=hunter2hunter2;", "Server=db;User Id=sa;Password=***;")]
    [InlineData("the token was refused", "the token was refused")]
    public void No_key_is_told_even_with_details(string message, string told) => Assert.Equal(told, new ErrorWords(withDetails: true).Of(new IOException(message)));

    [Fact]
    public void The_words_of_a_single_cause_are_its_own() =>
        Assert.Equal("closed", new ErrorWords(withDetails: false).Of(new AggregateException(new ToolException("closed"))));

    private Task<string> CrashAsync(Step step) => RunAsync(TestSilos.NewSession(), details: false, _ => { }, [step]);

    private async Task<string> RunAsync(SessionKey key, bool? details, Action<AgentBuilder> agent, params Step[][] nodes)
    {
        // The silos of tests are in the environment Development.
        await using var silos = await TestSilos.StartAsync(
            null,
            new ScriptedModel(nodes),
            options =>
            {
                options.IncludeDetailedErrors = details;
                options.ModelSilence = nodes is [[Step.Pause]] ? TimeSpan.FromMilliseconds(50) : options.ModelSilence;
            },
            agent,
            _log.AddTo);
        return await silos.RunAsync(key);
    }
}
