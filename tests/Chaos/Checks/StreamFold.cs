using System.Globalization;
using System.Text.Json;

namespace AgentStream.Chaos;

/// <summary>Reads a run's stream: whether it has the form that docs/protocol.md promises, and what its nodes come to.</summary>
/// <param name="wrong">Takes what is expected, and what is there instead.</param>
internal sealed class StreamFold(RunRecord run, Action<string, string> wrong)
{
    // Nobody has said 'resumed' since the last node began.
    private bool _mayBeginAgain;
    private SeenNode? _open;

    /// <summary>The nodes, by their idx.</summary>
    public List<SeenNode> Nodes { get; } = [];

    /// <summary>What the <c>error</c> entry says; null when there is none.</summary>
    public string? Error { get; private set; }

    /// <summary>How often it was resumed.</summary>
    public int Resumes { get; private set; }

    /// <summary>Reads all entries.</summary>
    public void Read()
    {
        var entries = run.Entries;
        Expect(entries[0].Type == "begin", "the first entry is begin", entries[0]);
        Expect(entries[^1].Type == "end" && entries[^1].Body is null, "the last entry is end, without a body", entries[^1]);
        foreach (var entry in entries.Skip(1).SkipLast(1))
        {
            switch (entry.Type)
            {
                case "event":
                    Event(entry, JsonDocument.Parse(entry.Body!).RootElement);
                    break;
                case "info":
                    Info(entry, JsonDocument.Parse(entry.Body!).RootElement);
                    break;
                case "error":
                    Expect(entry == entries[^2], "an error is the entry before end", entry);
                    Error = JsonDocument.Parse(entry.Body!).RootElement.GetProperty("msg").GetString();
                    break;
                default:
                    Expect(false, "one begin, one end", entry);
                    break;
            }
        }

        if (run.WrongNumber is not null)
        {
            wrong("the appends of a run have consecutive numbers, whoever owns it", run.WrongNumber);
        }

        for (var i = 1; i < entries.Count; i++)
        {
            Expect(Cursor.Parse(entries[i].Id) > Cursor.Parse(entries[i - 1].Id), "cursors go up", entries[i]);
        }
    }

    private void Info(Entry entry, JsonElement body)
    {
        if (body.GetProperty("msg").GetString() != "resumed")
        {
            return;
        }

        Resumes++;
        var idx = body.GetProperty("idx").GetInt32();
        var next = Nodes.Count == 0 || Nodes[^1].End is not null ? Nodes.Count : Nodes.Count - 1;
        Expect(idx == next, string.Create(CultureInfo.InvariantCulture, $"the run continues with node {next}: what was finished is not begun again, and nothing is left out"), entry);
        (_mayBeginAgain, _open) = (true, null);
    }

    private void Event(Entry entry, JsonElement body)
    {
        var idx = body.GetProperty("idx").GetInt32();
        var kind = body.GetProperty("event").GetString();
        if (kind == "llm-begin")
        {
            Begin(entry, idx);
            return;
        }

        if (_open is not { } node || node.Idx != idx)
        {
            Expect(false, "an event of the node that is under way", entry);
            return;
        }

        switch (kind)
        {
            case "part_start" when !body.TryGetProperty("event_idx", out _):
                Expect(node.Parts.Count == 0, "tool results stand before the response's parts", entry);
                node.Returns.Add(new(entry.Order, body.GetProperty("tool_call_id").GetString()!, Text(body.GetProperty("content"))));
                break;
            case "part_start":
                Part(entry, node, body);
                break;
            case "part_delta":
                Expect(body.GetProperty("event_idx").GetInt32() == node.Parts.Count - 1 && body.GetProperty("part_delta_kind").GetString() == node.Parts[^1], "a delta of the last part", entry);
                (node.Parts[^1] == "thinking" ? node.Thoughts : node.Words).Append(body.GetProperty("content_delta").GetString());
                break;
            case "answer":
                Expect(!node.HasAnswer && node.Parts is [.., "text"] && node.Parts.Count(part => part == "text") == 1, "one answer, behind the start of the first text", entry);
                node.HasAnswer = true;
                break;
            case "llm-end":
                Expect(node.HasAnswer == node.Parts.Contains("text"), "an answer where there is text", entry);
                node.End = entry.Order;
                _open = null;
                break;
            default:
                Expect(false, "an event of the protocol", entry);
                break;
        }
    }

    private void Begin(Entry entry, int idx)
    {
        _open = new SeenNode(idx);
        if (idx == Nodes.Count && (idx == 0 || Nodes[^1].End is not null))
        {
            Nodes.Add(_open);
        }
        else if (idx == Nodes.Count - 1 && Nodes[idx].End is null)
        {
            Expect(_mayBeginAgain, "a node begins again only when the run was resumed", entry);
            Nodes[idx] = _open;
        }
        else
        {
            Expect(false, string.Create(CultureInfo.InvariantCulture, $"a node begins behind the end of the one before, and not again when it has ended; {Nodes.Count} have begun"), entry);
        }

        _mayBeginAgain = false;
    }

    private void Part(Entry entry, SeenNode node, JsonElement body)
    {
        Expect(body.GetProperty("event_idx").GetInt32() == node.Parts.Count, "parts are counted from 0", entry);
        var kind = body.GetProperty("part_kind").GetString()!;
        node.Parts.Add(kind);
        switch (kind)
        {
            case "thinking":
                node.Thoughts.Append(body.GetProperty("content").GetString());
                break;
            case "text":
                node.Words.Append(body.GetProperty("content").GetString());
                break;
            default:
                node.Calls.Add(new(body.GetProperty("tool_call_id").GetString()!, body.GetProperty("tool_name").GetString()!, body.GetProperty("args")));
                break;
        }
    }

    private void Expect(bool holds, string expected, Entry seen)
    {
        if (!holds)
        {
            wrong(expected, $"{seen.Id} {seen.Data}");
        }
    }

    private static string Text(JsonElement json) => json.ValueKind == JsonValueKind.String ? json.GetString()! : json.GetRawText();
}
