using System.Diagnostics;
using AgentStream.Grains.Recovery;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Ownership;
using AgentStream.TestTools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AgentStream.Grains.Tests.Telemetry;

/// <summary>The spans of runs: which there are, what they say, and whose they are.</summary>
[Collection(Listening.Name)]
public sealed class TraceTests : IDisposable
{
    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly InMemoryStreamStore _log = new(Options.Create(new StorageOptions()), TimeProvider.System);
    private readonly InMemoryJournal _journal = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_run_its_requests_and_its_tools_are_one_tree()
    {
        using var spans = new SpanCollector();
        await using var silos = await StartAsync(new NamedModel(
            [Step.Call("c1", "add", ("a", 1), ("b", 2)), Step.Call("c2", "boom"), Step.Call("c3", "invented"), NamedModel.Usage(10, 4)],
            [Step.Say("3"), NamedModel.Usage(20, 2)]));
        await silos.RunAsync(_key);
        await EndedAsync(spans, 1);

        Assert.Equal("""
            (nothing)
              Internal invoke_agent scripted gen_ai.provider.name=acme gen_ai.request.model=acme-1 agentstream.run.outcome=completed gen_ai.usage.input_tokens=30 gen_ai.usage.output_tokens=6
                Client chat acme-1 gen_ai.provider.name=acme gen_ai.request.model=acme-1 gen_ai.usage.input_tokens=10 gen_ai.usage.output_tokens=4 gen_ai.response.finish_reasons=tool_call
                Client chat acme-1 gen_ai.provider.name=acme gen_ai.request.model=acme-1 gen_ai.usage.input_tokens=20 gen_ai.usage.output_tokens=2 gen_ai.response.finish_reasons=stop
                Internal execute_tool add gen_ai.tool.name=add gen_ai.tool.type=function gen_ai.tool.call.id=c1
                Internal execute_tool boom gen_ai.tool.name=boom gen_ai.tool.type=function gen_ai.tool.call.id=c2 error.type=System.InvalidOperationException ERROR The tool boom failed. The server's log has the details.

            """, spans.Tree(_key));
        Assert.Equal(await JournaledAsync(), [spans.Runs(_key).Single().Id]);
        Assert.All(spans.Of(_key), span => Assert.Equal("scripted", span.GetTagItem("gen_ai.agent.name")));
    }

    [Fact]
    public async Task A_run_whose_process_died_continues_in_its_trace_with_a_link_to_the_span_that_broke_off()
    {
        var gate = new Gate();
        using var spans = new SpanCollector();

        // It is paused, so it does not hear that it has lost the run.
        var isPaused = false;
        await using var dying = await StartAsync(
            new NamedModel([Step.Call("c1", "add", ("a", 1), ("b", 2)), Step.Call("c2", "boom")], [Step.Say("It "), new Step.Pause(gate, Deaf: true)]),
            store: FailingStore.Around(_log, (call, _) => Volatile.Read(ref isPaused) && call == nameof(IStreamStore.CheckAsync)));
        await using var heir = await StartAsync(new NamedModel([Step.Say("It is 3."), NamedModel.Usage(20, 5)]));
        await dying.Client.StartAsync(_key, new RunRequest("What is 1 + 2?"));
        await gate.ReachedAsync();
        Volatile.Write(ref isPaused, true);
        var broken = spans.Started(_key)[0];
        var listening = heir.TranscriptAsync(_key);
        await DieAsync(dying, heir);
        await listening;
        await EndedAsync(spans, 1);

        Assert.Equal("""
            (not ended)
              Client chat acme-1 gen_ai.provider.name=acme gen_ai.request.model=acme-1 gen_ai.response.finish_reasons=tool_call
              Internal invoke_agent scripted gen_ai.provider.name=acme gen_ai.request.model=acme-1 agentstream.run.outcome=completed gen_ai.usage.input_tokens=20 gen_ai.usage.output_tokens=5
                Client chat acme-1 gen_ai.provider.name=acme gen_ai.request.model=acme-1 gen_ai.usage.input_tokens=20 gen_ai.usage.output_tokens=5 gen_ai.response.finish_reasons=stop
              Internal execute_tool add gen_ai.tool.name=add gen_ai.tool.type=function gen_ai.tool.call.id=c1
              Internal execute_tool boom gen_ai.tool.name=boom gen_ai.tool.type=function gen_ai.tool.call.id=c2 error.type=System.InvalidOperationException ERROR The tool boom failed. The server's log has the details.

            """, spans.Tree(_key));
        var recovered = spans.Runs(_key).Single();
        Assert.Equal((broken.SpanId, broken.TraceId), (recovered.ParentSpanId, recovered.TraceId));
        Assert.Equal([broken.SpanId], recovered.Links.Select(link => link.Context.SpanId));
        Assert.Equal(broken.GetTagItem("agentstream.run.id"), recovered.GetTagItem("agentstream.run.id"));

        // What it was at ends without having been a failure of the run's.
        gate.Open();
        await EndedAsync(spans, 2);
        Assert.Equal((broken, "lost", ActivityStatusCode.Unset), spans.Runs(_key)[1] is var lost ? (lost, lost.GetTagItem("agentstream.run.outcome"), lost.Status) : default);
    }

    [Fact]
    public async Task A_run_that_lost_two_processes_continues_below_the_span_that_broke_off_last()
    {
        var (first, second) = (new Gate(), new Gate());
        using var spans = new SpanCollector();
        await using var one = await StartAsync(new NamedModel([Step.Say("It "), new Step.Pause(first, Deaf: true)]));
        await using var two = await StartAsync(new NamedModel([Step.Say("It is "), new Step.Pause(second, Deaf: true)]));
        await using var three = await StartAsync(new NamedModel([Step.Say("It is 3.")]));
        await one.Client.StartAsync(_key, new RunRequest("What is 1 + 2?"));
        await first.ReachedAsync();
        await DieAsync(one, two);
        await second.ReachedAsync();
        var listening = three.TranscriptAsync(_key);
        await DieAsync(two, three);
        await listening;

        var broken = spans.Started(_key).Where(span => span.OperationName.StartsWith("invoke_agent", StringComparison.Ordinal)).ToArray();
        Assert.Equal([default, broken[0].SpanId, broken[1].SpanId], broken.Select(span => span.ParentSpanId));

        // A process that lost the run may hear of it before its model goes on, and end its span, too.
        await Wait.Until(() => spans.Runs(_key).Contains(broken[2]));
        Assert.Equal(broken[0].TraceId, broken[2].TraceId);
        Assert.Equal([broken[1].SpanId], broken[2].Links.Select(link => link.Context.SpanId));
        first.Open();
        second.Open();
        await EndedAsync(spans, 3);
    }

    [Fact]
    public async Task A_run_that_waits_for_a_person_has_no_open_span_and_continues_in_its_trace()
    {
        using var spans = new SpanCollector();
        await using (var asking = await StartAsync(new NamedModel([Step.Call("c1", "pay")])))
        {
            await asking.RunAsync(_key);
            await EndedAsync(spans, 1);
        }

        Assert.Equal(spans.Started(_key).Count, spans.Of(_key).Count);
        await using var silos = await StartAsync(new NamedModel([Step.Say("paid")]));
        await silos.Client.ApproveAsync(_key, Assert.Single(await silos.Client.GetPendingAsync(_key)).RequestId);
        await silos.TranscriptAsync(_key);
        await EndedAsync(spans, 2);

        var (paused, continued) = (spans.Runs(_key)[0], spans.Runs(_key)[1]);
        Assert.Equal(("paused", "completed"), (paused.GetTagItem("agentstream.run.outcome"), continued.GetTagItem("agentstream.run.outcome")));
        Assert.Equal((paused.TraceId, paused.SpanId), (continued.TraceId, continued.ParentSpanId));
        Assert.Equal([paused.SpanId], continued.Links.Select(link => link.Context.SpanId));
        Assert.Equal(continued.SpanId, spans.Of(_key).Single(span => span.OperationName == "execute_tool pay").ParentSpanId);
        Assert.Equal(await JournaledAsync(), [paused.Id, continued.Id]);
    }

    [Fact]
    public async Task A_model_that_fails_is_an_error_of_its_span_and_of_the_runs()
    {
        using var spans = new SpanCollector();
        await using var silos = await StartAsync(new NamedModel([Step.Say("well"), new Step.Fail("the key is sk-123")]));
        await silos.RunAsync(_key);
        await EndedAsync(spans, 1);

        Assert.Equal("""
            (nothing)
              Internal invoke_agent scripted gen_ai.provider.name=acme gen_ai.request.model=acme-1 agentstream.run.outcome=crashed error.type=model_failed ERROR crashed - something went wrong on the server; its log has the details
                Client chat acme-1 gen_ai.provider.name=acme gen_ai.request.model=acme-1 error.type=System.InvalidOperationException ERROR something went wrong on the server; its log has the details

            """, spans.Tree(_key));
    }

    [Fact]
    public async Task A_tools_exception_is_told_where_details_may_be()
    {
        using var spans = new SpanCollector();
        await using var silos = await StartAsync(new NamedModel([Step.Call("c1", "boom")], [Step.Say("oh")]), options => options.IncludeDetailedErrors = true);
        await silos.RunAsync(_key);
        await EndedAsync(spans, 1);

        Assert.Equal("The tool boom failed: secret", spans.Of(_key).Single(span => span.OperationName == "execute_tool boom").StatusDescription);
    }

    [Fact]
    public async Task A_canceled_run_is_no_error()
    {
        var gate = new Gate();
        using var spans = new SpanCollector();
        await using var silos = await StartAsync(new NamedModel([Step.Say("well"), new Step.Pause(gate)]));
        await silos.Client.StartAsync(_key, new RunRequest("go"));
        await gate.ReachedAsync();
        await silos.Client.CancelAsync(_key);
        await EndedAsync(spans, 1);

        Assert.Equal("""
            (nothing)
              Internal invoke_agent scripted gen_ai.provider.name=acme gen_ai.request.model=acme-1 agentstream.run.outcome=canceled
                Client chat acme-1 gen_ai.provider.name=acme gen_ai.request.model=acme-1

            """, spans.Tree(_key));
    }

    [Fact]
    public async Task A_run_that_is_not_sampled_has_no_further_spans_and_its_decision_is_kept()
    {
        using var spans = new SpanCollector((ref ActivityCreationOptions<ActivityContext> options) =>
            options.Parent == default ? ActivitySamplingResult.PropagationData : (options.Parent.TraceFlags & ActivityTraceFlags.Recorded) == 0 ? ActivitySamplingResult.None : ActivitySamplingResult.AllDataAndRecorded);
        await using var silos = await StartAsync(new NamedModel([Step.Call("c1", "add", ("a", 1), ("b", 2))], [Step.Say("3")]));
        await silos.RunAsync(_key);

        Assert.DoesNotContain(spans.Started(_key), span => span.OperationName != "invoke_agent scripted");
        Assert.EndsWith("-00", Assert.Single(await JournaledAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_that_waited_is_in_the_trace_that_it_came_with()
    {
        var gate = new Gate();
        using var spans = new SpanCollector();
        await using var silos = await StartAsync(new NamedModel([new Step.Pause(gate), Step.Say("one")], [Step.Say("two")]), silo: silo => silo.AddActivityPropagation());
        using var source = new ActivitySource(nameof(TraceTests));
        using var orleans = new ActivityListener
        {
            ShouldListenTo = heard => heard.Name is "Microsoft.Orleans.Application" or nameof(TraceTests),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(orleans);

        // As a program in the silo, where the trace of a request begins.
        var session = silos.Services.GetRequiredService<IGrainFactory>().GetGrain<ISessionGrain>(_key.ToString());
        await session.StartAsync(new RunRequest("one"));
        await gate.ReachedAsync();
        using (var request = source.StartActivity("request"))
        {
            await session.StartAsync(new RunRequest("two") { OnBusy = BusySessionBehavior.Queue });
            gate.Open();
            await EndedAsync(spans, 2);
            Assert.Equal([false, true], spans.Runs(_key).Select(run => run.TraceId == request!.TraceId));
        }
    }

    private Task<TestSilos> StartAsync(IChatClient model, Action<AgentStreamOptions>? options = null, Action<ISiloBuilder>? silo = null, IStreamStore? store = null) => TestSilos.StartAsync(
        null,
        model,
        options ?? (options => options.IncludeDetailedErrors = false),
        agent => agent
            .WithTool((int a, int b) => a + b, "add")
            .WithTool(string () => throw new InvalidOperationException("secret"), "boom")
            .WithTool(() => "paid", "pay", requiresApproval: true),
        services => services.AddSingleton(store ?? _log).AddSingleton<ISessionJournal>(_journal),
        silo: silo);

    private Task EndedAsync(SpanCollector spans, int runs) => Wait.Until(() => spans.Runs(_key).Count == runs, $"{runs} runs have ended");

    /// <summary>The traces of the runs, as the journal has them.</summary>
    private async Task<List<string?>> JournaledAsync() => [.. (await _journal.ReadAsync(_key, 0)).OfType<RunStartedRecord>().Select(record => record.Traceparent)];

    /// <summary>The process has gone: its lease with it, and another looks for what it left. As it is not really gone, it may renew its lease in between.</summary>
    private Task DieAsync(TestSilos dying, TestSilos heir)
    {
        var id = dying.Services.GetRequiredService<SiloIdentity>().Id;
        return Wait.Until(
            async () =>
            {
                await _log.RenewLeaseAsync(id, TimeSpan.Zero);
                await heir.Services.GetServices<IHostedService>().OfType<OrphanWatch>().Single().LookAsync(CancellationToken.None);
                return (await _log.FindOwnedAsync(id)).Count == 0;
            },
            "the run to be recovered");
    }
}
