using AgentStream.Events;
using AgentStream.Grains.Output;
using AgentStream.Grains.Tests.Tools;
using AgentStream.Storage.Tailing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Runs;

/// <summary>What a failed run tells: a sentence, a reason of a fixed set, and a reference that the log has, too.</summary>
public sealed class FailureTests
{
    private const string Secret = "db.internal.example:1433 refused /etc/secret";

    private readonly Entries _log = new();

    public static TheoryData<Step[], string, string> Failures => new()
    {
        { [new Step.Refuse(Secret)], "model_failed", ErrorWords.Generic },
        { [Step.Say("so"), new Step.Fail(Secret)], "model_failed", ErrorWords.Generic },
        { [new Step.Give(new ErrorContent(Secret))], "model_failed", "the model failed within its answer" },
        { [new Step.Raw(new() { FinishReason = new(Secret) })], "model_failed", "the model's answer is empty" },
        { [new Step.Pause(new Gate())], "model_unavailable", "the model was silent for 0.05 s" },
        { [Step.Call("c1", "find")], "limit", "the run needs more than 1 nodes (AgentStream:MaxNodes)" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failed_run_says_why_in_one_word_and_names_the_line_of_the_log(Step[] answer, string reason, string words)
    {
        var (error, runId, text) = await FailAsync(
            new ScriptedModel(answer),
            agent => agent.WithTool(() => 1, "find"),
            options => (options.ModelSilence, options.MaxNodes) = (answer is [Step.Pause] ? TimeSpan.FromMilliseconds(50) : options.ModelSilence, 1));
        Assert.Equal(($"crashed - {words}", reason), (error.Message, error.Reason));
        Assert.True(FailureReasons.IsKnown(error.Reason));
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);

        Assert.Equal(12, error.Reference?.Length);
        Assert.EndsWith(error.Reference!, runId, StringComparison.Ordinal);
        Assert.Contains(_log.Faults, line => line.Text.EndsWith($"crashed. Reason: {reason}. Reference: {error.Reference}.", StringComparison.Ordinal) && line.Exception is not null);
    }

    [Fact]
    public async Task Tools_that_cannot_be_had_are_a_reason_of_their_own()
    {
        var (error, _, text) = await FailAsync(new ScriptedModel(), agent => agent.WithToolProvider("the shed", _ => new Locked()));
        Assert.Equal(("crashed - " + ErrorWords.Generic, "tool_failed"), (error.Message, error.Reason));
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_that_is_none_of_the_set_is_not_told() => Assert.Null(ErrorWords.ReasonOf(new Odd()));

    [Fact]
    public void The_list_of_agents_is_for_the_log_and_for_details()
    {
        var unknown = new UnknownAgentException("nobody", "internal-audit, poet");
        Assert.Equal("No agent is named 'nobody'.", new ErrorWords(withDetails: false).Of(unknown));
        Assert.Equal("No agent is named 'nobody'. Registered: internal-audit, poet.", new ErrorWords(withDetails: true).Of(unknown));
    }

    private async Task<(ErrorAdded Error, string RunId, string Text)> FailAsync(IChatClient model, Action<AgentBuilder> agent, Action<AgentStreamOptions>? options = null)
    {
        await using var silos = await TestSilos.StartAsync(
            null,
            model,
            set =>
            {
                set.IncludeDetailedErrors = false;
                options?.Invoke(set);
            },
            agent,
            _log.AddTo);
        var key = TestSilos.NewSession();
        var run = await silos.Client.StartAsync(key, new RunRequest("go"));
        var entries = new List<StreamEntry>();
        await foreach (var entry in silos.Services.GetRequiredService<StreamHub>().ListenAsync(key, null))
        {
            entries.Add(entry);
        }

        var session = await silos.Client.GetSessionAsync(key);
        var error = (ErrorAdded)AgentEvent.Read(entries[^2]);
        Assert.Equal(error.Message, session?.Error);
        return (error, run.RunId, string.Join('\n', entries.Select(entry => entry.ToJson())));
    }

    private sealed class Locked : IToolProvider
    {
        public ValueTask<IReadOnlyList<AITool>> GetToolsAsync(CancellationToken cancellationToken) => throw new InvalidOperationException(Secret);
    }

    private sealed class Odd() : AgentStreamException("odd")
    {
        public override string? FailureReason => "because";
    }
}
