using AgentStream.Grains.Recovery;
using AgentStream.Grains.Telemetry;
using AgentStream.Storage;
using AgentStream.TestTools;

namespace AgentStream.Grains.Tests.Telemetry;

/// <summary>What waits, what is orphaned, and how large sessions get.</summary>
public sealed partial class MetricTests
{
    [Fact]
    public async Task Queued_prompts_count_until_they_are_runs()
    {
        var (gate, key) = (new Gate(), TestSilos.NewSession());
        await using var silos = await TestSilos.StartAsync(null, new NamedModel([new Step.Pause(gate), Step.Say("one")], [Step.Say("two")], [Step.Say("three")]));
        using var listener = Listen(silos);
        await silos.Client.StartAsync(key, new RunRequest("1"));
        await gate.ReachedAsync();
        await silos.Client.StartAsync(key, new RunRequest("2", OnBusy: BusySessionBehavior.Queue));
        await silos.Client.StartAsync(key, new RunRequest("3", OnBusy: BusySessionBehavior.Queue));
        Assert.Equal(2, Observed(listener, "agentstream.prompts.queued"));
        gate.Open();
        await Wait.Until(() => Of("agentstream.runs").Count == 6, "all runs have ended");
        Assert.Equal(0, Observed(listener, "agentstream.prompts.queued"));
    }

    [Fact]
    public async Task A_session_that_is_deleted_has_nothing_that_waits()
    {
        var key = TestSilos.NewSession();
        await using var silos = await TestSilos.StartAsync(null, new NamedModel([Step.Call("c1", "pay")]), _ => { }, agent => agent.WithTool(() => "paid", "pay", requiresApproval: true));
        using var listener = Listen(silos);
        await silos.RunAsync(key);
        await Wait.Until(() => Observed(listener, "agentstream.runs.waiting") == 1, "the run waits");
        await silos.Client.DeleteSessionAsync(key);
        Assert.Equal(0, Observed(listener, "agentstream.runs.waiting"));
    }

    [Fact]
    public async Task A_run_that_waits_for_a_person_counts_until_it_is_answered()
    {
        var key = TestSilos.NewSession();
        await using var silos = await TestSilos.StartAsync(
            null, new NamedModel([Step.Call("c1", "pay")], [Step.Say("paid")]), _ => { }, agent => agent.WithTool(() => "paid", "pay", requiresApproval: true));
        using var listener = Listen(silos);
        Assert.Equal(0, Observed(listener, "agentstream.runs.waiting"));
        await silos.RunAsync(key);
        await Wait.Until(() => Observed(listener, "agentstream.runs.waiting") == 1, "the run waits");
        await silos.Client.ApproveAsync(key, Assert.Single(await silos.Client.GetPendingAsync(key)).RequestId);
        await silos.TranscriptAsync(key);
        Assert.Equal(0, Observed(listener, "agentstream.runs.waiting"));
    }

    [Fact]
    public void What_waits_in_a_session_counts_where_its_grain_is()
    {
        var (waiting, key) = (new WaitingSessions(), TestSilos.NewSession());
        waiting.SetQueued(key, 5);
        waiting.SetWaits(key, true);
        Assert.Equal((0, 0), (waiting.QueuedPrompts, waiting.WaitingRuns));
        waiting.Enter(key);
        waiting.SetQueued(key, 5);
        waiting.SetWaits(key, true);
        waiting.SetWaits(key, true);
        waiting.RemoveQueued(key);
        Assert.Equal((4, 1), (waiting.QueuedPrompts, waiting.WaitingRuns));
        waiting.Leave(key);
        Assert.Equal((0, 0), (waiting.QueuedPrompts, waiting.WaitingRuns));
    }

    [Fact]
    public async Task The_size_of_a_session_is_measured_when_a_run_ends()
    {
        var key = TestSilos.NewSession();
        await using var silos = await TestSilos.StartAsync(null, new NamedModel([Step.Say(new string('x', 10_000))], [Step.Say("two")]));
        using var listener = Listen(silos);
        await silos.RunAsync(key);
        await Wait.Until(() => TagsOf("agentstream.session.size").Count == 1, "the first run is measured");
        await silos.RunAsync(key);
        await Wait.Until(() => TagsOf("agentstream.session.size").Count == 2, "both runs are measured");
        var sizes = _figures.Where(figure => figure.Name == "agentstream.session.size").ToArray();
        Assert.All(sizes, size => Assert.Equal("", size.Tags));
        Assert.InRange(sizes[0].Value, 10_000, 12_000);
        Assert.InRange(sizes[1].Value, sizes[0].Value + 100, sizes[0].Value + 2000);
    }

    [Fact]
    public void The_oldest_orphan_is_as_old_as_it_has_been_found_and_not_taken()
    {
        var time = new ManualTimeProvider();
        var ages = new OrphanAges(time);
        RunToken[] runs = [.. Enumerable.Range(0, 3).Select(i => new RunToken(TestSilos.NewSession(), "gone", $"run-{i}"))];
        Assert.Equal(TimeSpan.Zero, ages.Oldest);
        ages.Look([runs[0]], [false], isAll: true);
        time.Advance(TimeSpan.FromSeconds(10));
        ages.Look([runs[0], runs[1]], [false, false], isAll: true);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(15), ages.Oldest);

        // A look that has not found all says nothing of the others.
        ages.Look([runs[2]], [false], isAll: false);
        Assert.Equal(TimeSpan.FromSeconds(15), ages.Oldest);
        ages.Look([runs[0], runs[1]], [true, false], isAll: true);
        Assert.Equal(TimeSpan.FromSeconds(5), ages.Oldest);
        ages.Look([], [], isAll: true);
        Assert.Equal(TimeSpan.Zero, ages.Oldest);
    }

    [Fact]
    public async Task A_process_that_looks_for_orphans_shows_how_old_the_oldest_is()
    {
        await using var silos = await TestSilos.StartAsync(null, new NamedModel());
        using var listener = Listen(silos);
        await Wait.Until(
            () =>
            {
                listener.RecordObservableInstruments();
                return _figures.Any(figure => figure.Name == "agentstream.runs.orphaned.age");
            },
            "the process looks for orphans");
        Assert.Equal(0, Observed(listener, "agentstream.runs.orphaned.age"));
    }
}
