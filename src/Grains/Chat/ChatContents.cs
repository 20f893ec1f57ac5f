using System.Text.Json;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>
/// Parts and items of prompts as a chat client's contents. A content carries what it was made of in its <see cref="AIContent.RawRepresentation"/>: on the way back
/// what the content says is put over that, so nothing is lost that a content has no place for, and a content that somebody changed is believed.
/// </summary>
internal static class ChatContents
{
    private const string PartKind = "part_kind";
    private const string Outcome = "outcome";

    public static AIContent FromItem(UserContent item)
    {
        AIContent content = item switch
        {
            UserText text => new TextContent(text.Text),
            BinaryContent binary => new DataContent(binary.Data, MediaTypes.Of(binary)),
            UserUrl url => (AIContent?)InlineData(url) ?? (Address(url) is { } address ? new UriContent(address, MediaTypes.Of(url, address)) : new TextContent(url.Url)),
            _ => new AIContent(),
        };
        content.RawRepresentation = item;
        return content;
    }

    /// <summary>An item from a content; null for one that a prompt has no place for.</summary>
    public static UserContent? ToItem(AIContent content) => content switch
    {
        TextContent { RawRepresentation: UserUrl url } text when text.Text == url.Url => url,
        TextContent text => (content.RawRepresentation as UserText ?? new UserText("")) with { Text = text.Text },
        DataContent { RawRepresentation: UserUrl url } data when data.Uri == InlineData(url)?.Uri => url,
        DataContent data => ToBinary(data),
        UriContent uri => ToUrl(uri),
        _ => content.RawRepresentation as UserContent,
    };

    public static AIContent FromPart(ResponsePart part)
    {
        AIContent content = part switch
        {
            TextPart text => new TextContent(text.Content),
            ThinkingPart thinking => new TextReasoningContent(thinking.Content)
            {
                ProtectedData = thinking.Signature,
                AdditionalProperties = new ProviderData(thinking.ProviderName, thinking.ProviderDetails).ToProperties(thinking.Id),
            },
            ToolCallPart call => FromCall(call),
            FilePart file => new DataContent(file.Content.Data, MediaTypes.Of(file.Content)),
            _ => new AIContent(),
        };
        content.RawRepresentation = part;
        return content;
    }

    /// <summary>A part from a content; null for one that a response has no place for.</summary>
    public static ResponsePart? ToPart(AIContent content) => content switch
    {
        TextContent text => (content.RawRepresentation as TextPart ?? new TextPart("")) with { Content = text.Text },
        TextReasoningContent thinking => ToThinking(thinking),
        FunctionCallContent call => ToCall(call),
        DataContent data => ToFile(data),
        _ => content.RawRepresentation as ResponsePart,
    };

    public static FunctionResultContent FromResult(RequestPart part) => part switch
    {
        ToolReturnPart result => new FunctionResultContent(result.ToolCallId, Plain(result.Content))
        {
            RawRepresentation = part,
            AdditionalProperties = result.Outcome == ToolOutcome.Success ? null : new() { [Outcome] = result.Outcome },
        },
        RetryPromptPart retry => new FunctionResultContent(retry.ToolCallId, retry.Text)
        {
            RawRepresentation = part,
            AdditionalProperties = new() { [PartKind] = Protocol.Parts.RetryPrompt },
        },
        _ => throw new ArgumentException($"A {part.GetType().Name} is no tool result.", nameof(part)),
    };

    /// <summary>A part from a tool's result.</summary>
    /// <param name="content">The result.</param>
    /// <param name="toolName">The tool that was called under the result's id, if that is known.</param>
    /// <param name="timestamp">When it came.</param>
    public static RequestPart ToResult(FunctionResultContent content, string? toolName, DateTimeOffset? timestamp)
    {
        if (content.RawRepresentation is RetryPromptPart || Is(content, PartKind, Protocol.Parts.RetryPrompt))
        {
            var retry = content.RawRepresentation as RetryPromptPart ?? new RetryPromptPart(toolName ?? "", "", "") { Timestamp = timestamp };
            return WithText(retry with { ToolCallId = content.CallId }, content.Result?.ToString() ?? "");
        }

        var result = content.RawRepresentation as ToolReturnPart ?? new ToolReturnPart(
            toolName ?? "",
            "",
            JsonValues.Null,
            content.AdditionalProperties?.GetValueOrDefault(Outcome)?.ToString() ?? (content.Exception is null ? ToolOutcome.Success : ToolOutcome.Failed))
        {
            Timestamp = timestamp,
        };
        var value = ToJson(content.Result ?? content.Exception?.Message);
        return result with { ToolCallId = content.CallId, Content = JsonElement.DeepEquals(value, result.Content.OrNull()) ? result.Content : value };
    }

    /// <summary>A retry prompt that says something else, unless it says that already.</summary>
    public static RetryPromptPart WithText(RetryPromptPart retry, string text) =>
        text == retry.Text ? retry : retry with { Content = ChatJson.ToElement(text) };

    private static FunctionCallContent FromCall(ToolCallPart call)
    {
        var sound = call.TryGetArguments(out var arguments, out var error);
        var values = new Dictionary<string, object?>();
        foreach (var argument in arguments.EnumerateObject())
        {
            values[argument.Name] = argument.Value;
        }

        return new FunctionCallContent(call.ToolCallId, call.ToolName, values)
        {
            Exception = sound ? null : new JsonException(error),
            AdditionalProperties = new ProviderData(call.ProviderName, call.ProviderDetails).ToProperties(null),
        };
    }

    private static ThinkingPart ToThinking(TextReasoningContent content)
    {
        var part = (content.RawRepresentation as ThinkingPart ?? new ThinkingPart("")) with { Content = content.Text, Signature = content.ProtectedData };
        var given = ProviderData.Of(content.AdditionalProperties);
        return given.IsSame(Known(part.ProviderName, part.ProviderDetails))
            ? part
            : part with { ProviderName = given.Name, ProviderDetails = given.Details };
    }

    // As it comes back from a content that nobody has changed.
    private static ProviderData Known(string? name, JsonElement? details) => ProviderData.Of(new ProviderData(name, details).ToProperties(null));

    private static ToolCallPart ToCall(FunctionCallContent content)
    {
        var part = content.RawRepresentation as ToolCallPart ?? new ToolCallPart("", "", JsonValues.EmptyObject);
        var known = FromCall(part);
        var given = ProviderData.Of(content.AdditionalProperties);
        var isSame = given.IsSame(Known(part.ProviderName, part.ProviderDetails));
        return part with
        {
            ToolName = content.Name,
            ToolCallId = content.CallId,
            Args = Same(content.Arguments, known.Arguments!) ? part.Args : ToJson(content.Arguments),
            ArgsError = content.Exception?.Message == known.Exception?.Message ? part.ArgsError : content.Exception?.Message,
            ProviderName = isSame ? part.ProviderName : given.Name,
            ProviderDetails = isSame ? part.ProviderDetails : given.Details,
        };
    }

    private static bool Same(IDictionary<string, object?>? one, IDictionary<string, object?> other) => one is null
        ? other.Count == 0
        : one.Count == other.Count && one.All(argument => other.TryGetValue(argument.Key, out var value) && JsonElement.DeepEquals(ToJson(argument.Value), ToJson(value)));

    private static FilePart ToFile(DataContent data)
    {
        var known = data.RawRepresentation as FilePart;
        var content = Over(known?.Content, data);
        return known is null ? new FilePart(content) : known with { Content = content };
    }

    private static BinaryContent ToBinary(DataContent data) => Over(data.RawRepresentation as BinaryContent, data);

    private static BinaryContent Over(BinaryContent? known, DataContent data) =>
        known is null ? new BinaryContent(data.Data, data.MediaType)
        : MediaTypes.Of(known) == data.MediaType && known.Data.Span.SequenceEqual(data.Data.Span) ? known
        : known with { Data = data.Data, MediaType = data.MediaType };

    private static UserUrl ToUrl(UriContent uri) => uri.RawRepresentation is not UserUrl known || Address(known) is not { } address
        ? new UserUrl(uri.Uri.OriginalString, MediaTypes.KindOf(uri.MediaType)) { MediaType = uri.MediaType }
        : known with
        {
            Url = uri.Uri == address ? known.Url : uri.Uri.OriginalString,
            MediaType = uri.MediaType == MediaTypes.Of(known, address) ? known.MediaType : uri.MediaType,
        };

    /// <summary>What an address of the scheme <c>data</c> holds; null for any other.</summary>
    private static DataContent? InlineData(UserUrl url)
    {
        try
        {
            return url.Url.StartsWith("data:", StringComparison.OrdinalIgnoreCase) ? new DataContent(url.Url) : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return null;
        }
    }

    // A file of this machine is nowhere for a provider to look, and a path alone would be taken for one.
    private static Uri? Address(UserUrl url) =>
        Uri.TryCreate(url.Url, UriKind.Absolute, out var address) && !address.IsFile && address.Scheme != "data" ? address : null;

    private static bool Is(AIContent content, string name, string value) => content.AdditionalProperties?.GetValueOrDefault(name)?.ToString() == value;

    // Adapters write a string result as it is, and anything else as JSON: a JSON string would reach the model in quotes.
    private static object? Plain(JsonElement content) => content.ValueKind == JsonValueKind.String ? content.GetString() : content.OrNull();

    private static JsonElement ToJson(object? value) => value as JsonElement? ?? JsonSerializer.SerializeToElement(value, ChatJson.SerializerOptions);
}
