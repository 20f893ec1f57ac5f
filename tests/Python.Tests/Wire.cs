using System.Text.Json;

namespace AgentStream.Python.Tests;

/// <summary>Compares what was heard, whatever spaces and escapes it was written with.</summary>
internal static class Wire
{
    /// <summary>Both heard the same events with equal bodies, in the same order.</summary>
    public static void Equal(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        Assert.True(
            expected.Count == actual.Count && expected.Zip(actual).All(pair => Same(pair.First, pair.Second)),
            $"Expected:\n{string.Join('\n', expected)}\nHeard:\n{string.Join('\n', actual)}");
    }

    /// <summary>An event as it goes over the wire.</summary>
    public static string Event(string body, string type = Protocol.Event, string origin = Protocol.DefaultEventOrigin) =>
        $$"""{"type":"{{type}}","origin":"{{origin}}","body":{{body}}}""";

    /// <summary>A run's <c>begin</c>.</summary>
    public static string Begin(SessionKey key) => Event($$"""{"session_id":"{{key.Session}}"}""", Protocol.Begin, Protocol.DefaultRuntimeOrigin);

    /// <summary>The <c>error</c> of a run that was canceled.</summary>
    public static string Canceled { get; } = Event("""{"msg":"canceled"}""", Protocol.Error, Protocol.DeveloperOrigin);

    private static bool Same(string one, string other)
    {
        using var first = JsonDocument.Parse(one);
        using var second = JsonDocument.Parse(other);
        return JsonElement.DeepEquals(first.RootElement, second.RootElement);
    }
}
