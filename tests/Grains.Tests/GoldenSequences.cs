using System.Globalization;
using AgentStream.Storage.Journal;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Tests;

/// <summary>The event sequences of protocol.md section 3, to the letter, on either log.</summary>
public abstract class GoldenSequences
{
    /// <summary>The Redis to use; null for the memory log.</summary>
    protected abstract string? Redis { get; }

    [Fact]
    public async Task Text_only()
    {
        await using var silos = await TestSilos.StartAsync(Redis, new ScriptedModel([Step.Say("Hel"), Step.Say("lo"), Step.Say("!")]));
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"Hel"}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"lo"}
            event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"!"}
            event {"idx":0,"event":"llm-end"}
            end

            """, await silos.RunAsync(new SessionKey(1, 1, "s1")));
    }

    [Fact]
    public async Task Thinking_then_text_then_thinking_again()
    {
        await using var silos = await TestSilos.StartAsync(
            Redis, new ScriptedModel([Step.Think("a"), Step.Think("b"), Step.Say("c"), Step.Say("d"), Step.Think("e"), Step.Say("f")]));
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"a"}
            event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"thinking","content_delta":"b"}
            event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"text","content":"c"}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"part_delta","event_idx":1,"part_delta_kind":"text","content_delta":"d"}
            event {"idx":0,"event":"part_start","event_idx":2,"part_kind":"thinking","content":"e"}
            event {"idx":0,"event":"part_start","event_idx":3,"part_kind":"text","content":"f"}
            event {"idx":0,"event":"llm-end"}
            end

            """, await silos.RunAsync(new SessionKey(1, 1, "s1")));
    }

    [Fact]
    public async Task A_question_that_takes_one_tool_call_as_protocol_md_shows_it()
    {
        var model = new ScriptedModel(
            [Step.Think("I need"), Step.Think(" a tool."), Step.Call("c1", "calculate", ("expression", "12*7"))],
            [Step.Say("12"), Step.Say("*7 is 84.")]);
        await using var silos = await TestSilos.StartAsync(Redis, model, Calculate);
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"I need"}
            event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"thinking","content_delta":" a tool."}
            event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"calculate","tool_call_id":"c1","args":{"expression":"12*7"}}
            event {"idx":0,"event":"llm-end"}
            event {"idx":1,"event":"llm-begin"}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"calculate","tool_call_id":"c1","content":"84"}
            event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"12"}
            event {"idx":1,"event":"answer"}
            event {"idx":1,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"*7 is 84."}
            event {"idx":1,"event":"llm-end"}
            end

            """, await silos.RunAsync(new SessionKey(1, 1, "s1")));
    }

    [Fact]
    public async Task Text_before_a_tool_call_and_several_nodes()
    {
        var model = new ScriptedModel(
            [Step.Say("Let me see."), Step.Call("c1", "calculate", ("expression", "12*7"))],
            [Step.Call("c2", "calculate", ("expression", "12*7"))],
            [Step.Say("84")]);
        await using var silos = await TestSilos.StartAsync(Redis, model, Calculate);
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"Let me see."}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"calculate","tool_call_id":"c1","args":{"expression":"12*7"}}
            event {"idx":0,"event":"llm-end"}
            event {"idx":1,"event":"llm-begin"}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"calculate","tool_call_id":"c1","content":"84"}
            event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"calculate","tool_call_id":"c2","args":{"expression":"12*7"}}
            event {"idx":1,"event":"llm-end"}
            event {"idx":2,"event":"llm-begin"}
            event {"idx":2,"event":"part_start","part_kind":"tool-return","tool_name":"calculate","tool_call_id":"c2","content":"84"}
            event {"idx":2,"event":"part_start","event_idx":0,"part_kind":"text","content":"84"}
            event {"idx":2,"event":"answer"}
            event {"idx":2,"event":"llm-end"}
            end

            """, await silos.RunAsync(new SessionKey(1, 1, "s1")));
    }

    [Fact]
    public async Task Parallel_tools_run_at_once_and_return_in_the_order_of_their_calls()
    {
        var first = new Gate();
        var second = new Gate();
        var model = new ScriptedModel(
            [new Step.Give(new FunctionCallContent("c1", "slow"), new FunctionCallContent("c2", "quick"))],
            [Step.Say("done")]);
        await using var silos = await TestSilos.StartAsync(Redis, model, Slow, Quick);
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"slow","tool_call_id":"c1","args":{}}
            event {"idx":0,"event":"part_start","event_idx":1,"part_kind":"tool-call","tool_name":"quick","tool_call_id":"c2","args":{}}
            event {"idx":0,"event":"llm-end"}
            event {"idx":1,"event":"llm-begin"}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"slow","tool_call_id":"c1","content":1}
            event {"idx":1,"event":"part_start","part_kind":"tool-return","tool_name":"quick","tool_call_id":"c2","content":{"two":2}}
            event {"idx":1,"event":"part_start","event_idx":0,"part_kind":"text","content":"done"}
            event {"idx":1,"event":"answer"}
            event {"idx":1,"event":"llm-end"}
            end

            """, await silos.RunAsync(new SessionKey(1, 1, "s1")));

        // Each waits for the other to have begun, so they pass only together; the first to be called is the last to answer.
        async Task<int> Slow(CancellationToken cancellationToken)
        {
            first.Reached();
            await second.OpenedAsync(cancellationToken);
            return 1;
        }

        async Task<object> Quick()
        {
            await first.ReachedAsync();
            second.Open();
            return new { two = 2 };
        }
    }

    [Fact]
    public async Task A_model_that_fails_at_the_start()
    {
        await using var silos = await TestSilos.StartAsync(Redis, new ScriptedModel([new Step.Refuse("no credit")]));
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            error {"msg":"crashed - no credit","reason":"model_failed"}
            end

            """, await silos.RunAsync(new SessionKey(1, 1, "s1")));
    }

    [Fact]
    public async Task A_model_that_fails_in_the_middle()
    {
        await using var silos = await TestSilos.StartAsync(Redis, new ScriptedModel([Step.Say("so"), new Step.Fail("the line broke")]));
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"so"}
            event {"idx":0,"event":"answer"}
            error {"msg":"crashed - the line broke","reason":"model_failed"}
            end

            """, await silos.RunAsync(new SessionKey(1, 1, "s1")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancel_before_the_first_token(bool deaf)
    {
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(Redis, new ScriptedModel([new Step.Pause(gate, deaf), Step.Say("too late")]));
        var key = new SessionKey(1, 1, "s1");
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        Assert.True(await silos.Client.CancelAsync(key));
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            error {"msg":"canceled"}
            end

            """, await silos.TranscriptAsync(key));
        Assert.False(await silos.Client.CancelAsync(key));
        gate.Open();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancel_in_mid_token(bool deaf)
    {
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(
            Redis, new ScriptedModel([Step.Say("one "), Step.Say("two "), new Step.Pause(gate, deaf), Step.Say("three")]));
        var key = new SessionKey(1, 1, "s1");
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        Assert.True(await silos.Client.CancelAsync(key));
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"text","content":"one "}
            event {"idx":0,"event":"answer"}
            event {"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"two "}
            error {"msg":"canceled"}
            end

            """, await silos.TranscriptAsync(key));
        gate.Open();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancel_in_a_tool(bool deaf)
    {
        var gate = new Gate();
        await using var silos = await TestSilos.StartAsync(
            Redis, new ScriptedModel([Step.Call("c1", "wait")], [Step.Say("never")]), Wait);
        var key = new SessionKey(1, 1, "s1");
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        Assert.True(await silos.Client.CancelAsync(key));
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"wait","tool_call_id":"c1","args":{}}
            event {"idx":0,"event":"llm-end"}
            error {"msg":"canceled"}
            end

            """, await silos.TranscriptAsync(key));
        gate.Open();

        Task Wait(CancellationToken cancellationToken)
        {
            gate.Reached();
            return gate.OpenedAsync(deaf ? CancellationToken.None : cancellationToken);
        }
    }

    [Fact]
    public async Task A_cancel_between_nodes()
    {
        var gate = new Gate();
        var journal = new GatedJournal(gate, record => record is RequestRecord { Idx: 1 });
        var model = new ScriptedModel([Step.Call("c1", "calculate", ("expression", "12*7"))], [Step.Say("never")]);
        var stopped = new TaskCompletionSource();
        await using var silos = await TestSilos.StartAsync(
            Redis, model, _ => { }, agent => agent.WithTool(Watched, "calculate"), journal.AddTo);
        var key = new SessionKey(1, 1, "s1");
        await silos.Client.StartAsync(key, new RunRequest("go"));
        await gate.ReachedAsync();
        Assert.True(await silos.Client.CancelAsync(key));
        await stopped.Task.Within();
        gate.Open();
        Assert.Equal("""
            begin {"session_id":"s1"}
            event {"idx":0,"event":"llm-begin"}
            event {"idx":0,"event":"part_start","event_idx":0,"part_kind":"tool-call","tool_name":"calculate","tool_call_id":"c1","args":{"expression":"12*7"}}
            event {"idx":0,"event":"llm-end"}
            error {"msg":"canceled"}
            end

            """, await silos.TranscriptAsync(key));
        Assert.Single(model.Requests);

        string Watched(string expression, Deps deps)
        {
            deps.Run.Stopped.Register(stopped.SetResult);
            return Calculate(expression);
        }
    }

    private static string Calculate(string expression) =>
        expression == "12*7" ? (12 * 7).ToString(CultureInfo.InvariantCulture) : throw new ArgumentException(expression);
}
