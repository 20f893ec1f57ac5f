using System.Text.Json;

namespace AgentStream.Events;

/// <summary>Reads what there is to show of a history (docs/protocol.md, Messages): each request with its response is a node.</summary>
internal static class HistoryReader
{
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = Protocol.MaxJsonDepth };

    public static List<TranscriptNode> Read(ReadOnlyMemory<byte> messages)
    {
        using var json = JsonDocument.Parse(messages, Reading);
        var nodes = new List<TranscriptNode>();
        TranscriptNode? open = null;
        foreach (var message in json.RootElement.EnumerateArray())
        {
            var parts = message.TryGetProperty(Protocol.Fields.Parts, out var found) && found.ValueKind == JsonValueKind.Array ? found.EnumerateArray() : default;
            if (message.Text(Protocol.Fields.Kind) == Protocol.Kinds.Request)
            {
                nodes.Add(open = new TranscriptNode(nodes.Count));
                foreach (var part in parts)
                {
                    AddRequestPart(open, part);
                }
            }
            else if (open is not null)
            {
                foreach (var (number, part) in parts.Index())
                {
                    AddResponsePart(open, number, part);
                }

                (open.IsEnded, open) = (true, null);
            }
        }

        return nodes;
    }

    private static void AddRequestPart(TranscriptNode node, JsonElement part)
    {
        switch (part.Text(Protocol.Fields.PartKind))
        {
            case Protocol.Parts.UserPrompt when part.TryGetProperty(Protocol.Fields.Content, out var content):
                node.Prompt = node.Prompt is null ? Prompt(content) : $"{node.Prompt}\n{Prompt(content)}";
                break;
            case Protocol.Parts.ToolReturn or Protocol.Parts.RetryPrompt when part.Text(Protocol.Fields.ToolName) is { } name && part.Text(Protocol.Fields.ToolCallId) is { } id && part.TryGetProperty(Protocol.Fields.Content, out var content):
                node.Add(new ToolReturn(name, id, content.Clone()));
                break;
        }
    }

    private static void AddResponsePart(TranscriptNode node, int number, JsonElement part)
    {
        switch (part.Text(Protocol.Fields.PartKind))
        {
            case Protocol.Parts.Text:
                node.Add(new TextPart(number, part.Text(Protocol.Fields.Content) ?? ""));
                break;
            case Protocol.Parts.Thinking:
                node.Add(new ThinkingPart(number, part.Text(Protocol.Fields.Content) ?? ""));
                break;
            case Protocol.Parts.ToolCall when part.Text(Protocol.Fields.ToolName) is { } name && part.Text(Protocol.Fields.ToolCallId) is { } id:
                node.Add(new ToolCallPart(number, name, id, ToolCallArguments.Of(part)));
                break;
        }
    }

    /// <summary>The texts of a prompt; what is not a text is named by its kind.</summary>
    private static string Prompt(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Join('\n', content.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.String ? item.GetString() : $"[{item.Text(Protocol.Fields.Kind) ?? "content"}]")),
        _ => "",
    };
}
