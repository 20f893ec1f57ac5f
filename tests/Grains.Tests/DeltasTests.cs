using System.Text;
using System.Text.Json;
using AgentStream.Grains.Output;
using AgentStream.Storage;

namespace AgentStream.Grains.Tests;

/// <summary>Waiting deltas of one part that become one.</summary>
public sealed class DeltasTests
{
    [Fact]
    public void Deltas_of_one_part_become_one_and_nothing_else_changes()
    {
        NewEntry[] events =
        [
            Event(EntryBodies.PartStart(0, 0, Protocol.Parts.Text, "a")),
            Delta(0, 0, Protocol.Parts.Text, "b"),
            Delta(0, 0, Protocol.Parts.Text, "c"),
            Delta(0, 1, Protocol.Parts.Text, "another part"),
            Delta(0, 1, Protocol.Parts.Thinking, "another kind"),
            Delta(1, 1, Protocol.Parts.Thinking, "another node"),
            Event(EntryBodies.NodeEnd(1)),
            Delta(1, 1, Protocol.Parts.Thinking, "behind something else"),
            new("info", Protocol.DefaultEventOrigin, EntryBodies.PartDelta(1, 1, Protocol.Parts.Thinking, "of another type")),
            new(Protocol.Info, "somebody", EntryBodies.PartDelta(1, 1, Protocol.Parts.Thinking, "of another origin")),
            new(Protocol.Info, "somebody", default),
        ];
        var joined = Deltas.Coalesce(events);

        Assert.Equal(events.Length - 1, joined.Count);
        Assert.Equal(events[0], joined[0]);
        Assert.Equal("""{"idx":0,"event":"part_delta","event_idx":0,"part_delta_kind":"text","content_delta":"bc"}""", Encoding.UTF8.GetString(joined[1].Body.Span));
        Assert.Equal(events[3..], joined.Skip(2));
    }

    [Theory]
    [InlineData("\"}", "\",\"content_delta\":\"")]
    [InlineData("\\", "n")]
    [InlineData("\r\n\u0001", "\u2028 😀 é")]
    [InlineData("\"event\":\"part_delta\"", "}")]
    public void The_text_is_the_same_whatever_is_in_it(string one, string other)
    {
        var texts = new[] { one, other, one, one };
        var joined = Assert.Single(Deltas.Coalesce([.. texts.Select(text => Delta(7, 3, Protocol.Parts.Text, text))]));

        using var body = JsonDocument.Parse(joined.Body);
        Assert.Equal(string.Concat(texts), body.RootElement.GetProperty("content_delta").GetString());
        Assert.Equal(["idx", "event", "event_idx", "part_delta_kind", "content_delta"], body.RootElement.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public void Entries_of_an_agents_own_that_go_on_behind_the_text_stay_as_they_are()
    {
        var own = new NewEntry("progress", Protocol.DeveloperOrigin, """{"event":"part_delta","content_delta":"a","more":"b"}"""u8.ToArray());

        Assert.Equal([own, own], Deltas.Coalesce([own, own]));
    }

    [Fact]
    public void No_events_stay_none() => Assert.Empty(Deltas.Coalesce([]));

    private static NewEntry Event(ReadOnlyMemory<byte> body) => new(Protocol.Event, Protocol.DefaultEventOrigin, body);

    private static NewEntry Delta(int idx, int eventIdx, string kind, string text) => Event(EntryBodies.PartDelta(idx, eventIdx, kind, text));
}
