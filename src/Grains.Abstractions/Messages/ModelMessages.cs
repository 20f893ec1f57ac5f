using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace AgentStream.Messages;

/// <summary>A history as JSON, in the form of pydantic-ai's <c>ModelMessagesTypeAdapter</c>.</summary>
public static class ModelMessages
{
    /// <summary>The prompt of a history that has none.</summary>
    public const string NoTitle = "No title";

    private const string Root = "messages";

    /// <summary>Writes a history. What was read and not changed is written as it was read, also what is not known here.</summary>
    /// <param name="messages">The messages.</param>
    /// <returns>UTF-8 JSON: an array of messages.</returns>
    public static byte[] ToJson(IReadOnlyList<ModelMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using var buffer = new ChunkedBuffer();
        using (var json = new Utf8JsonWriter(buffer, JsonValues.Writing))
        {
            json.WriteStartArray();
            foreach (var message in messages)
            {
                MessageWriter.Write(json, message);
            }

            json.WriteEndArray();
        }

        return buffer.ToArray();
    }

    /// <summary>Reads a history, also one of an earlier or a later version of pydantic-ai.</summary>
    /// <param name="json">UTF-8 JSON: an array of messages. It is not used after the call.</param>
    /// <returns>The messages.</returns>
    /// <exception cref="InvalidInputException">It is no such array; the field is the path of what is wrong, as in <c>messages[2].parts[0].part_kind</c>.</exception>
    public static IReadOnlyList<ModelMessage> FromJson(ReadOnlyMemory<byte> json)
    {
        Refuse(json.Span);
        var messages = JsonItems.Read(json.Span, JsonPlace.Root(default, Root), MessageReader.Message);
        foreach (var (index, message) in messages.Index())
        {
            RefuseArguments(message, index);
        }

        return messages;
    }

    /// <summary>As <see cref="FromJson"/>, for a long history: a message is parsed each time that it is asked for, so they are not all in memory at the same time.</summary>
    /// <param name="json">UTF-8 JSON: an array of messages. It is used as long as the messages are.</param>
    /// <returns>The messages. All of them were checked.</returns>
    /// <exception cref="InvalidInputException">It is no such array; the field is the path of what is wrong, as in <c>messages[2].parts[0].part_kind</c>.</exception>
    public static IReadOnlyList<ModelMessage> FromLongJson(ReadOnlyMemory<byte> json)
    {
        Refuse(json.Span);
        var place = JsonPlace.Root(default, Root);
        var items = JsonItems.Find(json.Span, place);
        var messages = new LazyList<ModelMessage>(() => items.Count, index =>
        {
            var message = MessageReader.Message(JsonItems.Item(json.Span, items, index, place));
            RefuseArguments(message, index);
            return message;
        });
        foreach (var _ in messages)
        {
            // Parsed, and so checked.
        }

        return messages;
    }

    /// <summary>Writes a message or a part of one as <see cref="ToJson"/> does, for a format of one's own that has messages in it.</summary>
    /// <param name="json">Takes an object. It must allow <see cref="Protocol.MaxJsonDepth"/> levels.</param>
    /// <param name="item">The message or the part.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static void Write(Utf8JsonWriter json, MessageElement item)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(item);
        MessageWriter.Write(json, item);
    }

    /// <summary>Reads a message that <see cref="Write"/> wrote.</summary>
    /// <param name="json">The message.</param>
    /// <param name="path">What errors call it.</param>
    /// <returns>The message; an <see cref="UnknownMessage"/> for one of a kind that is not known here.</returns>
    /// <exception cref="InvalidInputException">It is no message; the field is the path of what is wrong.</exception>
    public static ModelMessage ReadMessage(JsonElement json, string path) => MessageReader.Message(JsonPlace.Root(json, path));

    /// <summary>Reads a part of a request that <see cref="Write"/> wrote.</summary>
    /// <param name="json">The part.</param>
    /// <param name="path">What errors call it.</param>
    /// <returns>The part; an <see cref="UnknownRequestPart"/> for one of a kind that is not known here.</returns>
    /// <exception cref="InvalidInputException">It is no part; the field is the path of what is wrong.</exception>
    public static RequestPart ReadRequestPart(JsonElement json, string path) => MessageReader.RequestPart(JsonPlace.Root(json, path));

    /// <summary>What a session is called: its first prompt.</summary>
    /// <param name="messages">The messages.</param>
    /// <returns>The words of the first user prompt of the first message, else <see cref="NoTitle"/>.</returns>
    public static string GetUserPrompt(IReadOnlyList<ModelMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var prompt = messages is [ModelRequest first, ..] ? first.Parts.OfType<UserPromptPart>().FirstOrDefault() : null;
        return prompt is not null && prompt.Content.OfType<UserText>().Any() ? prompt.Text : NoTitle;
    }

    /// <summary>
    /// The nodes of a history, for a page that shows it: each request and its response are one, the response's object with the parts of both. System prompts
    /// and signatures are not for showing.
    /// </summary>
    /// <param name="messages">An array of messages.</param>
    /// <returns>An array of nodes; an empty one for an odd number of messages. Pairs that are no request and response are left out.</returns>
    /// <exception cref="InvalidInputException">It is no such array; the field is the path of what is wrong.</exception>
    public static JsonElement NodesFromMessages(JsonElement messages)
    {
        var all = JsonPlace.Root(messages, Root).Items().ToArray();
        using var buffer = new ChunkedBuffer();
        using (var json = new Utf8JsonWriter(buffer, JsonValues.Writing))
        {
            json.WriteStartArray();
            foreach (var pair in all.Chunk(2).Where(_ => all.Length % 2 == 0))
            {
                if (IsNode(pair))
                {
                    WriteNode(json, pair[0], pair[1]);
                }
            }

            json.WriteEndArray();
        }

        return JsonElement.Parse(buffer.ToArray(), JsonValues.Reading);
    }

    /// <summary>As <see cref="NodesFromMessages(JsonElement)"/>, node by node: the nodes of a long history are not all in memory at the same time.</summary>
    /// <param name="json">UTF-8 JSON: an array of messages. It is used until the last node was read.</param>
    /// <returns>The nodes.</returns>
    /// <exception cref="InvalidInputException">It is no such array; the field is the path of what is wrong. What is wrong within a message is found when its node is read.</exception>
    public static IEnumerable<JsonElement> EnumerateNodes(ReadOnlyMemory<byte> json)
    {
        Refuse(json.Span);
        var place = JsonPlace.Root(default, Root);
        var items = JsonItems.Find(json.Span, place);
        return items.Count % 2 == 0 ? Nodes() : [];

        IEnumerable<JsonElement> Nodes()
        {
            for (var at = 0; at < items.Count; at += 2)
            {
                JsonPlace[] pair = [Item(at), Item(at + 1)];
                if (IsNode(pair))
                {
                    using var buffer = new ChunkedBuffer();
                    using (var node = new Utf8JsonWriter(buffer, JsonValues.Writing))
                    {
                        WriteNode(node, pair[0], pair[1]);
                    }

                    yield return JsonElement.Parse(buffer.ToArray(), JsonValues.Reading);
                }
            }
        }

        JsonPlace Item(int index) => JsonItems.Item(json.Span, items, index, place);
    }

    private static bool IsNode(JsonPlace[] pair) => IsOf(pair[0], Protocol.Kinds.Request) && IsOf(pair[1], Protocol.Kinds.Response);

    private static bool IsOf(JsonPlace message, string kind) =>
        message.Object().Field(Protocol.Fields.Kind).Value is { ValueKind: JsonValueKind.String } given && given.ValueEquals(kind);

    private static void WriteNode(Utf8JsonWriter json, JsonPlace request, JsonPlace response)
    {
        json.WriteStartObject();
        foreach (var field in response.Value.EnumerateObject().Where(field => field.Name is not (Protocol.Fields.Kind or Protocol.Fields.Parts)))
        {
            field.WriteTo(json);
        }

        json.WriteNull(Protocol.Fields.Kind);
        json.WriteStartArray(Protocol.Fields.Parts);
        foreach (var part in request.Field(Protocol.Fields.Parts).Items().Concat(response.Field(Protocol.Fields.Parts).Items()))
        {
            if (part.Object().Field(Protocol.Fields.PartKind).Text() == Protocol.Parts.SystemPrompt)
            {
                continue;
            }

            json.WriteStartObject();
            foreach (var field in part.Value.EnumerateObject().Where(field => field.Name != "signature"))
            {
                field.WriteTo(json);
            }

            json.WriteNull("signature");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Refuse(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            throw new InvalidInputException(Root, "must be UTF-8");
        }

        JsonFaults.Refuse(json, Root);
    }

    /// <summary>The arguments of a call may be JSON in a string: that must be fit to be sent, too.</summary>
    private static void RefuseArguments(ModelMessage message, int index)
    {
        foreach (var (place, part) in message is ModelResponse response ? response.Parts.Index() : [])
        {
            if (part is ToolCallPart { Args: { ValueKind: JsonValueKind.String } args } && JsonFaults.OfText(args.GetString()!) is { } fault)
            {
                throw new InvalidInputException(
                    string.Create(CultureInfo.InvariantCulture, $"{Root}[{index}].parts[{place}].args"), $"must not have {fault}");
            }
        }
    }
}
