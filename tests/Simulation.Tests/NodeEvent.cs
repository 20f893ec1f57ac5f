using System.Text.Json;
using System.Text.RegularExpressions;

namespace AgentStream.Simulation.Tests;

/// <summary>What an entry says of a node.</summary>
/// <param name="Kind">The event's name.</param>
/// <param name="Idx">The node.</param>
/// <param name="Text">The words; null for none.</param>
internal sealed partial record NodeEvent(string Kind, int Idx, string? Text)
{
    /// <summary>Reads an entry; null for one that is no event of a node.</summary>
    public static NodeEvent? Of(string type, ReadOnlyMemory<byte> body)
    {
        if (type != Protocol.Event)
        {
            return null;
        }

        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        var isText = (root.TryGetProperty("part_kind", out var kind) || root.TryGetProperty("part_delta_kind", out kind)) && kind.GetString() == "text";
        var text = isText && (root.TryGetProperty("content", out var content) || root.TryGetProperty("content_delta", out content)) ? content.GetString() : null;
        return new(root.GetProperty("event").GetString()!, root.GetProperty("idx").GetInt32(), text);
    }

    /// <summary>The words of a text, each with the request it answers and its place there.</summary>
    public IEnumerable<(int Request, int Place)> Words() =>
        Text is null ? [] : Word().Matches(Text).Select(word => (int.Parse(word.Groups[1].ValueSpan), int.Parse(word.Groups[2].ValueSpan)));

    [GeneratedRegex(@"\[p\d+ k(\d+) (\d+)\]")]
    private static partial Regex Word();
}
