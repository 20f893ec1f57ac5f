using System.Globalization;
using System.Text.RegularExpressions;

namespace AgentStream.Sources.Tests;

/// <summary>An id of a line of the log is of one event, in all rooms, also in those that no test loads together.</summary>
public sealed partial class LogEventIdTests
{
    [Fact]
    public void An_event_id_is_given_once()
    {
        var events = Repository.Files("src").SelectMany(file => Ids(file.Text).Select(id => (Id: id, file.Path))).ToList();
        Assert.True(events.Count > 50, $"{events.Count} events were found.");
        var doubles = events.GroupBy(item => item.Id).Where(same => same.Count() > 1).Select(same => $"{same.Key}: {string.Join(", ", same.Select(item => item.Path))}").ToList();
        Assert.True(doubles.Count == 0, string.Join('\n', doubles));
    }

    [Fact]
    public void All_that_is_logged_has_an_event_id()
    {
        var without = Repository.Files("src").Where(file => Plain().IsMatch(file.Text) || Ids(file.Text).Contains(0)).Select(file => file.Path).ToList();
        Assert.True(without.Count == 0, string.Join('\n', without));
    }

    [Theory]
    [InlineData("[LoggerMessage(2000, LogLevel.Error, \"a\")] [LoggerMessage(\n    EventId = 2001, Message = \"b\")]", new[] { 2000, 2001 })]
    [InlineData("[LoggerMessage(LogLevel.Error, \"a\")]", new[] { 0 })]
    public void That_can_be_told(string text, int[] ids) => Assert.Equal(ids, Ids(text));

    // 0 for none.
    private static IEnumerable<int> Ids(string text) =>
        Attributes().Matches(text).Select(found => found.Groups["id"] is { Success: true } id ? int.Parse(id.Value, CultureInfo.InvariantCulture) : 0);

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(?<id>\d+)?")]
    private static partial Regex Attributes();

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)\(")]
    private static partial Regex Plain();
}
