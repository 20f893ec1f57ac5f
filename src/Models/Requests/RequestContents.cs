using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Requests;

/// <summary>What a user says or shows.</summary>
internal sealed class RequestContents : IContentSupport
{
    /// <summary>Says what chat completions take.</summary>
    public static readonly RequestContents Support = new();

    private RequestContents()
    {
    }

    /// <inheritdoc/>
    /// <remarks>Of an image, what OpenAI lists; thoughts know by their marks where they go.</remarks>
    public bool Takes(AIContent content) => content switch
    {
        TextReasoningContent or HostedFileContent => true,
        DataContent { Data.IsEmpty: true } => false,
        UriContent uri => uri.HasTopLevelMediaType("image") && uri.Uri.Scheme is "http" or "https",
        DataContent { MediaType: "image/png" or "image/jpeg" or "image/jpg" or "image/gif" or "image/webp" or "application/pdf" } => true,
        DataContent data => AudioFormat(data.MediaType) is not null || data.HasTopLevelMediaType("text"),
        _ => false,
    };

    /// <summary>
    /// Makes a message's content: a text where it is nothing else, since that is what every server takes, or else its parts. Texts are
    /// lines of it.
    /// </summary>
    /// <exception cref="NotSupportedException">A content is of a kind that chat completions do not know.</exception>
    public static JsonNode ToJson(IEnumerable<AIContent> contents)
    {
        // A content of no kind at all is what a history keeps for others than the model.
        var said = contents.Where(content => content.GetType() != typeof(AIContent)).ToList();
        return said.All(content => content is TextContent)
            ? string.Join('\n', said.Cast<TextContent>().Select(text => text.Text))
            : new JsonArray([.. said.Select(Part)]);
    }

    private static JsonObject Part(AIContent content) => content switch
    {
        TextContent text => Part("text", text.Text),
        UriContent uri when uri.HasTopLevelMediaType("image") => Image(uri.Uri.AbsoluteUri, uri),
        DataContent data when data.HasTopLevelMediaType("image") => Image(data.Uri, data),
        DataContent data when AudioFormat(data.MediaType) is { } format =>
            Part("input_audio", new JsonObject { ["data"] = data.Base64Data.ToString(), ["format"] = format }),
        DataContent { MediaType: "application/pdf" } data =>
            Part("file", new JsonObject { ["filename"] = data.Name ?? "document.pdf", ["file_data"] = data.Uri }),
        DataContent data when data.HasTopLevelMediaType("text") => Part("text", Encoding.UTF8.GetString(data.Data.Span)),
        HostedFileContent file => Part("file", new JsonObject { ["file_id"] = file.FileId }),
        _ => throw new NotSupportedException($"A chat-completions endpoint takes no {Kind(content)}."),
    };

    private static JsonObject Image(string url, AIContent content)
    {
        var image = new JsonObject { ["url"] = url };
        if (content.AdditionalProperties?.TryGetValue("detail", out string? detail) == true)
        {
            image["detail"] = detail;
        }

        return Part("image_url", image);
    }

    // A part's payload stands under the part's own type.
    private static JsonObject Part(string type, JsonNode payload) => new() { ["type"] = type, [type] = payload };

    private static string? AudioFormat(string mediaType) => mediaType switch
    {
        "audio/wav" or "audio/x-wav" or "audio/wave" => "wav",
        "audio/mpeg" or "audio/mp3" => "mp3",
        _ => null,
    };

    private static string Kind(AIContent content) => content switch
    {
        DataContent data => $"data of type {data.MediaType}",
        UriContent uri => $"links to {uri.MediaType}",
        _ => content.GetType().Name,
    };
}
