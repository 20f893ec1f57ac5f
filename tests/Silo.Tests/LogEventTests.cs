using System.Reflection;
using Microsoft.Extensions.Logging;

namespace AgentStream.Silo.Tests;

/// <summary>What an operator may build on: the id of a line of the log says what happened, and which room says it.</summary>
public sealed class LogEventTests
{
    // Sources that several rooms compile: the same events in each.
    private const string Background = "AgentStream.Background";

    private static readonly Dictionary<string, Range> Rooms = new()
    {
        ["AgentStream.Storage"] = 1000..1099,
        [Background] = 1010..1019,
        ["AgentStream.Storage.Redis"] = 1100..1199,
        ["AgentStream.Grains"] = 2000..2999,
        ["AgentStream.Models"] = 3000..3999,
        ["AgentStream.Mcp"] = 4000..4999,
        ["AgentStream.AspNetCore"] = 5000..5099,
        ["AgentStream.ChatPage"] = 5100..5199,
        ["AgentStream.Silo"] = 6000..6999,
    };

    private static readonly List<LogEvent> Events = [.. Rooms.Keys.Where(room => room != Background).SelectMany(Of).Distinct()];

    [Fact]
    public void An_event_id_belongs_to_one_event()
    {
        Assert.True(Events.Count > 30, $"{Events.Count} events were found.");
        Assert.Empty(Events.GroupBy(item => item.Id).Where(same => same.Count() > 1).SelectMany(same => same));
        Assert.Empty(Events.GroupBy(item => item.Name).Where(same => same.Count() > 1).SelectMany(same => same));
    }

    [Fact]
    public void An_event_id_is_in_the_range_of_its_room() =>
        Assert.All(Events, item => Assert.InRange(item.Id, Rooms[item.Room].Start.Value, Rooms[item.Room].End.Value));

    private static IEnumerable<LogEvent> Of(string room) =>
        from type in Assembly.Load(room).GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let attribute = method.GetCustomAttribute<LoggerMessageAttribute>()
        where attribute is not null
        select new LogEvent(type.Namespace == Background ? Background : room, attribute.EventId, attribute.EventName ?? method.Name);

    private sealed record LogEvent(string Room, int Id, string Name);
}
