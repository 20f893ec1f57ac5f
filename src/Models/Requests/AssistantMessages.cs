using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentStream.Models.Endpoint;
using AgentStream.Models.Thoughts;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Requests;

/// <summary>
/// What the model said, as an endpoint wants it back. It has a memory: DeepSeek wants its thoughts back from the first calls that came
/// with some on, in each answer, be it empty, and its older models refuse them everywhere else.
/// </summary>
/// <param name="thoughts">Knows the endpoint's own thoughts.</param>
/// <param name="wishes">What it wants, as far as it has said so.</param>
internal sealed class AssistantMessages(ThoughtMark thoughts, EndpointWishes wishes)
{
    private bool _hadCalls;

    /// <summary>Makes the next of a conversation's messages.</summary>
    public JsonObject ToJson(ChatMessage message)
    {
        var calls = message.Contents.OfType<FunctionCallContent>().ToList();
        var text = Text(message);

        // Only with calls may there be no words.
        var json = new JsonObject { ["role"] = "assistant", ["content"] = calls.Count > 0 && text.Length == 0 ? null : text };
        if (calls.Count > 0)
        {
            json["tool_calls"] = new JsonArray([.. calls.Select(Call)]);
        }

        if (!wishes.RefusesThoughts)
        {
            AddThoughts(json, [.. message.Contents.OfType<TextReasoningContent>()], calls.Count > 0);
        }

        return json;
    }

    /// <summary>The words. What came before and after something else are lines of their own.</summary>
    private static string Text(ChatMessage message)
    {
        var (text, isApart) = (new StringBuilder(), false);
        foreach (var content in message.Contents)
        {
            if (content is TextContent { Text: var words })
            {
                text.Append(isApart && text.Length > 0 ? "\n" : "").Append(words);
            }

            isApart = content is not TextContent;
        }

        return text.ToString();
    }

    private void AddThoughts(JsonObject json, List<TextReasoningContent> all, bool hasCalls)
    {
        var hidden = new Dictionary<string, string>();
        foreach (var (name, value) in all.SelectMany(thoughts.FieldsOf))
        {
            if (ThoughtMark.Fields.Contains(name) && value is JsonValue text && text.TryGetValue(out string? words))
            {
                hidden[name] = words;
            }
            else
            {
                json[name] = json[name] is JsonArray known && value is JsonArray more
                    ? new JsonArray([.. known.Concat(more).Select(item => item?.DeepClone())])
                    : value;
            }
        }

        var field = all.Select(thoughts.FieldOf).FirstOrDefault(found => found is not null) ?? hidden.Keys.FirstOrDefault();
        _hadCalls |= hasCalls && field == ThoughtMark.Insisted;
        var sent = wishes.ThoughtField ?? (_hadCalls ? ThoughtMark.Insisted : hasCalls ? field : null);
        if (sent is not null)
        {
            json[sent] = Words(all, sent, field) + hidden.GetValueOrDefault(sent);
        }
    }

    /// <summary>The words of the thoughts that are this endpoint's.</summary>
    private string Words(List<TextReasoningContent> all, string sent, string? field)
    {
        // The mark stands at the end of the thoughts that it is about.
        var areOwn = field is not null && all.TrueForAll(thought => thought.ProtectedData is null || IsOwn(thought));
        return string.Concat(all.Where(thought => areOwn || IsOwn(thought) || IsWanted(thought)).Select(thought => thought.Text));

        bool IsOwn(TextReasoningContent thought) => thoughts.FieldOf(thought) is not null || thoughts.FieldsOf(thought).Any();

        bool IsWanted(TextReasoningContent thought) => wishes.ThoughtField is not null && ThoughtMark.IsOfField(thought, sent);
    }

    private JsonObject Call(FunctionCallContent call)
    {
        var function = new JsonObject
        {
            ["name"] = call.Name,

            // Also for arguments that were no JSON: servers put them into a template, and some parse them for that.
            ["arguments"] = JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(), Json.Compact),
        };
        var json = new JsonObject { ["id"] = call.CallId, ["type"] = "function", ["function"] = function };
        if (call.AdditionalProperties is { } given && given.GetValueOrDefault(ThoughtFields.Provider) as string == thoughts.Provider)
        {
            foreach (var (name, value) in given.Where(field => field.Key != ThoughtFields.Provider))
            {
                var isOfFunction = name.StartsWith(ThoughtFields.FunctionPrefix, StringComparison.Ordinal);
                var field = isOfFunction ? name[ThoughtFields.FunctionPrefix.Length..] : name;
                (isOfFunction ? function : json)[field] = JsonSerializer.SerializeToNode(value, Json.Compact);
            }
        }

        return json;
    }
}
