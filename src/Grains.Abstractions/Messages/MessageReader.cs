using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>
/// Reads messages and parts. What it does not know it keeps, what is absent and has a default gets it; what cannot be what it should be is an
/// <see cref="InvalidInputException"/> that names the place.
/// </summary>
internal static class MessageReader
{
    public static ModelMessage Message(JsonPlace place) => place.Object().Field(Protocol.Fields.Kind).Text() switch
    {
        Protocol.Kinds.Request => Keep(place, new ModelRequest(List(place.Field(Protocol.Fields.Parts), RequestPart))
        {
            Instructions = place.Field("instructions").TextOrNull(),
            Timestamp = place.Field("timestamp").Time(),
            RunId = place.Field("run_id").TextOrNull(),
        }),
        Protocol.Kinds.Response => Keep(place, new ModelResponse(List(place.Field(Protocol.Fields.Parts), ResponsePart))
        {
            Usage = Usage(place.Field("usage")),
            ModelName = place.Field("model_name").TextOrNull(),
            Timestamp = place.Field("timestamp").Time(),
            ProviderName = place.Field("provider_name").TextOrNull(),
            ProviderDetails = place.Field("provider_details").JsonOrNull(),
            ProviderResponseId = place.Field("provider_response_id").TextOrNull(),
            FinishReason = place.Field("finish_reason").TextOrNull(),
            RunId = place.Field("run_id").TextOrNull(),
        }),
        _ => new UnknownMessage(place.Value) { Timestamp = null },
    };

    public static RequestPart RequestPart(JsonPlace place)
    {
        var kind = place.Object().Field(Protocol.Fields.PartKind).Text();
        var timestamp = kind is Protocol.Parts.SystemPrompt or Protocol.Parts.UserPrompt or Protocol.Parts.ToolReturn or Protocol.Parts.RetryPrompt
            ? place.Field("timestamp").Time()
            : null;
        return kind switch
        {
            Protocol.Parts.SystemPrompt => Keep(place, new SystemPromptPart(place.Field(Protocol.Fields.Content).Text()) { Timestamp = timestamp }),
            Protocol.Parts.UserPrompt => Keep(place, new UserPromptPart(Prompt(place.Field(Protocol.Fields.Content))) { Timestamp = timestamp }),
            Protocol.Parts.ToolReturn => Keep(place, new ToolReturnPart(
                place.Field(Protocol.Fields.ToolName).Text(),
                place.Field(Protocol.Fields.ToolCallId).TextOrNull() ?? "",
                Given(place.Field(Protocol.Fields.Content)),
                place.Field("outcome").TextOrNull() ?? ToolOutcome.Success)
            {
                Metadata = place.Field("metadata").JsonOrNull(),
                Timestamp = timestamp,
            }),
            Protocol.Parts.RetryPrompt => Keep(place, new RetryPromptPart(
                place.Field(Protocol.Fields.ToolName).TextOrNull(),
                place.Field(Protocol.Fields.ToolCallId).TextOrNull() ?? "",
                Retry(place.Field(Protocol.Fields.Content)))
            {
                Timestamp = timestamp,
            }),
            _ => new UnknownRequestPart(place.Value) { Timestamp = null },
        };
    }

    public static ResponsePart ResponsePart(JsonPlace place) => place.Object().Field(Protocol.Fields.PartKind).Text() switch
    {
        Protocol.Parts.Text => Keep(place, new TextPart(place.Field(Protocol.Fields.Content).Text()) { Id = place.Field("id").TextOrNull() }),
        Protocol.Parts.Thinking => Keep(place, new ThinkingPart(place.Field(Protocol.Fields.Content).Text(), place.Field("signature").TextOrNull())
        {
            Id = place.Field("id").TextOrNull(),
            ProviderName = place.Field("provider_name").TextOrNull(),
            ProviderDetails = place.Field("provider_details").JsonOrNull(),
        }),
        Protocol.Parts.ToolCall => Keep(place, new ToolCallPart(
            place.Field(Protocol.Fields.ToolName).Text(),
            place.Field(Protocol.Fields.ToolCallId).TextOrNull() ?? "",
            Args(place.Field(Protocol.Fields.Args)))
        {
            Id = place.Field("id").TextOrNull(),
            ArgsError = place.Field("args_error").TextOrNull(),
            ProviderName = place.Field("provider_name").TextOrNull(),
            ProviderDetails = place.Field("provider_details").JsonOrNull(),
        }),
        Protocol.Parts.File => Keep(place, new FilePart(Binary(place.Field(Protocol.Fields.Content).Object())) { Id = place.Field("id").TextOrNull() }),
        _ => new UnknownResponsePart(place.Value),
    };

    private static UserContent[] Prompt(JsonPlace place) => place.Value.ValueKind switch
    {
        JsonValueKind.String => [new UserText(place.Text())],
        JsonValueKind.Array => List(place, UserContent),
        _ => throw place.Error("must be a string or an array"),
    };

    private static UserContent UserContent(JsonPlace place)
    {
        if (place.Value.ValueKind == JsonValueKind.String)
        {
            return new UserText(place.Text());
        }

        if (place.Value.ValueKind != JsonValueKind.Object)
        {
            throw place.Error("must be a string or an object");
        }

        return place.Field(Protocol.Fields.Kind).Text() switch
        {
            // Text with something beside it, for the application.
            Protocol.Kinds.TextContent => Keep(place, new UserText(place.Field(Protocol.Fields.Content).Text())),
            UserUrlKind.Image or UserUrlKind.Audio or UserUrlKind.Document or UserUrlKind.Video => Keep(
                place,
                new UserUrl(place.Field("url").Text(), place.Field(Protocol.Fields.Kind).Text()) { MediaType = place.Field("media_type").TextOrNull() }),
            Protocol.Kinds.Binary => Binary(place),
            _ => new UnknownUserContent(place.Value),
        };
    }

    private static BinaryContent Binary(JsonPlace place) => Keep(place, new BinaryContent(Data(place.Field("data")), place.Field("media_type").Text()));

    private static byte[] Data(JsonPlace place)
    {
        try
        {
            return Base64.Read(place.Text());
        }
        catch (FormatException)
        {
            throw place.Error("must be base64");
        }
    }

    private static TokenUsage? Usage(JsonPlace place)
    {
        if (place.IsMissing)
        {
            return null;
        }

        place.Object();
        return Keep(place, new TokenUsage(place.Field("input_tokens").Count(), place.Field("output_tokens").Count())
        {
            CacheWriteTokens = place.Field("cache_write_tokens").Count(),
            CacheReadTokens = place.Field("cache_read_tokens").Count(),
            Details = Details(place.Field("details")),
        });
    }

    private static Dictionary<string, long> Details(JsonPlace place)
    {
        var counts = new Dictionary<string, long>();
        if (place.IsMissing)
        {
            return counts;
        }

        foreach (var detail in place.Object().Value.EnumerateObject())
        {
            // What is no count is of no use to anybody here; it stays in the JSON.
            if (detail.Value.ValueKind == JsonValueKind.Number && JsonPlace.TryGetWhole(detail.Value, out var count))
            {
                counts[detail.Name] = count;
            }
        }

        return counts;
    }

    private static JsonElement Given(JsonPlace place) =>
        place.Value.ValueKind != JsonValueKind.Undefined ? place.Value : throw place.Error("must be given");

    private static JsonElement Args(JsonPlace place) => place.Value.ValueKind switch
    {
        JsonValueKind.Undefined => JsonValues.Null,
        JsonValueKind.Object or JsonValueKind.String or JsonValueKind.Null => place.Value,
        _ => throw place.Error("must be an object, a string with the JSON text of one, or null"),
    };

    private static JsonElement Retry(JsonPlace place) => place.Value.ValueKind is JsonValueKind.String or JsonValueKind.Array
        ? place.Value
        : throw place.Error("must be a string or an array of error details");

    private static T[] List<T>(JsonPlace place, Func<JsonPlace, T> read) => [.. place.Items().Select(read)];

    private static T Keep<T>(JsonPlace place, T item)
        where T : MessageElement
    {
        item.Origin = new HistoryOrigin(place.Value, item);
        return item;
    }
}
