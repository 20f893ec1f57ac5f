using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;

namespace AgentStream.Grains.Tests.Streams;

/// <summary>The events of a session in its Orleans stream, as a user's grain sees them.</summary>
public sealed class SessionStreamPublisherTests
{
    private readonly Channel<SessionEntry> _seen = Channel.CreateUnbounded<SessionEntry>();

    [Fact]
    public async Task A_subscriber_sees_every_event_of_every_run_in_order()
    {
        await using var silos = await StartAsync(See, [Step.Think("hm"), Step.Call("c1", "count")], [Step.Say("it is "), Step.Say("1")], [Step.Say("still 1")]);
        var key = TestSilos.NewSession();
        var first = await silos.RunAsync(key, "how many?");
        var second = await silos.RunAsync(key, "sure?");

        var events = await UntilEndAsync();
        Assert.Equal(first, Transcript(events));
        var later = await UntilEndAsync();
        Assert.Equal(second, Transcript(later));
        var cursors = events.Concat(later).Select(e => e.Cursor).ToList();
        Assert.Equal(cursors.Order().Distinct(), cursors);
        Assert.Equal([Protocol.DefaultRuntimeOrigin, Protocol.DefaultEventOrigin], events.Select(e => e.Origin).Distinct());
    }

    [Fact]
    public async Task Streams_get_nothing_unless_the_option_is_on()
    {
        await using var silos = await TestSilos.StartAsync(
            null,
            new ScriptedModel([Step.Say("ok")]),
            _ => { },
            _ => { },
            services => services.AddSingleton(new Spectator(See)),
            silo: silo => silo.AddMemoryStreams(SessionStreams.ProviderName, streams => streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly)));
        var key = TestSilos.NewSession();
        await silos.RunAsync(key);

        // Whatever the run had sent would come before this.
        var marker = new SessionEntry(key, new Cursor(1, 1), "marker", "test", []);
        await silos.Services.GetRequiredKeyedService<IStreamProvider>(SessionStreams.ProviderName)
            .GetStream<SessionEntry>(StreamId.Create(SessionStreams.Namespace, key.ToString()))
            .OnNextAsync(marker);
        Assert.Equal("marker", (await NextAsync()).Type);
    }

    [Fact]
    public async Task An_event_that_a_subscriber_fails_on_comes_again_and_the_run_does_not_notice()
    {
        var refused = new ConcurrentQueue<Cursor>();
        await using var silos = await StartAsync(RefuseFirst, [Step.Say("fine")]);
        var key = TestSilos.NewSession();
        var transcript = await silos.RunAsync(key);
        Assert.EndsWith("end\n", transcript, StringComparison.Ordinal);
        Assert.Equal(transcript, Transcript(await UntilEndAsync()));
        Assert.Single(refused);

        Task RefuseFirst(SessionEntry item)
        {
            if (refused.IsEmpty)
            {
                refused.Enqueue(item.Cursor);
                throw new InvalidOperationException("not now");
            }

            return See(item);
        }
    }

    [Fact]
    public async Task A_subscriber_that_stands_still_holds_no_run_back()
    {
        // More events than any queue on the way takes.
        var gate = new Gate();
        await using var silos = await StartAsync(SeeBehindGate, [.. Enumerable.Repeat(Step.Say("word "), 1500)]);
        var transcript = await silos.RunAsync(TestSilos.NewSession());
        Assert.EndsWith("end\n", transcript, StringComparison.Ordinal);
        await gate.ReachedAsync();

        gate.Open();
        Assert.Equal(transcript, Transcript(await UntilEndAsync()));

        async Task SeeBehindGate(SessionEntry item)
        {
            gate.Reached();
            await gate.OpenedAsync(CancellationToken.None);
            await See(item);
        }
    }

    [Fact]
    public async Task A_process_without_streams_refuses_the_option()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => StandaloneRuntime.StartAsync(configure: options => options.MirrorToStreams = true));
        Assert.Contains("'AgentStream': call AddSessionStreams()", refused.Message, StringComparison.Ordinal);
    }

    private static Task<TestSilos> StartAsync(Func<SessionEntry, Task> onEvent, params Step[][] nodes) => TestSilos.StartAsync(
        null,
        new ScriptedModel(nodes),
        options => options.GracePeriod = TimeSpan.FromMinutes(1),
        agent => agent.WithTool(() => 1, "count"),
        services => services.AddSingleton(new Spectator(onEvent)),
        silo: silo => silo.AddSessionStreams());

    private static string Transcript(IEnumerable<SessionEntry> events) =>
        string.Concat(events.Select(e => $"{e.Type} {Encoding.UTF8.GetString(e.Body)}".TrimEnd() + "\n"));

    private Task See(SessionEntry item) => _seen.Writer.WriteAsync(item).AsTask();

    private Task<SessionEntry> NextAsync() => _seen.Reader.ReadAsync().AsTask().Within("the next event of the stream");

    private async Task<List<SessionEntry>> UntilEndAsync()
    {
        var events = new List<SessionEntry>();
        do
        {
            events.Add(await NextAsync());
        }
        while (events[^1].Type != Protocol.End);
        return events;
    }
}
