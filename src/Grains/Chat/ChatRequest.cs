using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>A request that is being put together from chat messages.</summary>
/// <param name="known">The request that the chat messages were made of, if it was one of ours.</param>
/// <param name="toolNames">The tools that were called so far, by the call's id: a tool's result does not name it.</param>
internal sealed class ChatRequest(ModelRequest? known, IReadOnlyDictionary<string, string> toolNames)
{
    // Each with its place among the parts of the known request, so that the parts that no chat message says find theirs.
    private readonly List<(int Place, RequestPart Part)> _parts = [];
    private DateTimeOffset? _timestamp;
    private int _place;

    /// <summary>Whether a chat message belongs to this request: it comes from the same one of ours, or from elsewhere.</summary>
    public bool Takes(ChatOrigin? origin) => origin is null || ReferenceEquals(origin.Message, known);

    public void Add(ChatMessage said, RequestPart? part)
    {
        _timestamp ??= said.CreatedAt;
        if (said.Role == ChatRole.Tool)
        {
            foreach (var result in said.Contents.OfType<FunctionResultContent>())
            {
                Add(ChatContents.ToResult(result, toolNames.GetValueOrDefault(result.CallId), said.CreatedAt), result.RawRepresentation as RequestPart);
            }
        }
        else if (part is RetryPromptPart retry)
        {
            Add(ChatContents.WithText(retry, said.Text), retry);
        }
        else if (said.Role == ChatRole.System)
        {
            Add((part as SystemPromptPart ?? new SystemPromptPart("") { Timestamp = said.CreatedAt }) with { Content = said.Text }, part);
        }
        else
        {
            UserContent[] items = [.. said.Contents.Select(ChatContents.ToItem).OfType<UserContent>()];
            var prompt = part as UserPromptPart ?? new UserPromptPart(items) { Timestamp = said.CreatedAt };
            Add(items.SequenceEqual(prompt.Content) ? prompt : prompt with { Content = items }, part);
        }
    }

    public ModelRequest ToRequest()
    {
        if (known is null)
        {
            return new ModelRequest([.. _parts.Select(p => p.Part)]) { Timestamp = _timestamp };
        }

        var unsaid = known.Parts.Select((part, place) => (Place: place, Part: part)).Where(p => p.Part is UnknownRequestPart);
        RequestPart[] parts = [.. _parts.Concat(unsaid).OrderBy(p => p.Place).Select(p => p.Part)];
        return known with { Parts = parts.SequenceEqual(known.Parts) ? known.Parts : parts };
    }

    private void Add(RequestPart part, RequestPart? origin)
    {
        for (var place = 0; origin is not null && place < known?.Parts.Count; place++)
        {
            if (ReferenceEquals(known.Parts[place], origin))
            {
                _place = place;
            }
        }

        _parts.Add((_place, part));
    }
}
