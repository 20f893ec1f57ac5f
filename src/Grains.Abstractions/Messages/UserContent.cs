using System.Text.Json;

namespace AgentStream.Messages;

/// <summary>An item of what a user said.</summary>
public abstract record UserContent : MessageElement;

/// <summary>Words.</summary>
/// <param name="Text">The text.</param>
public sealed record UserText(string Text) : UserContent;

/// <summary>Something that the model, or its provider, fetches.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Kind">One of <see cref="UserUrlKind"/>.</param>
public sealed record UserUrl(string Url, string Kind) : UserContent
{
    /// <summary>Its media type, where somebody said so.</summary>
    public string? MediaType { get; init; }
}

/// <summary>What stands behind an address.</summary>
public static class UserUrlKind
{
    /// <summary>An image.</summary>
    public const string Image = "image-url";

    /// <summary>Sound.</summary>
    public const string Audio = "audio-url";

    /// <summary>A document.</summary>
    public const string Document = "document-url";

    /// <summary>A video.</summary>
    public const string Video = "video-url";
}

/// <summary>Data that is in the message itself.</summary>
/// <param name="Data">The data.</param>
/// <param name="MediaType">Its media type.</param>
public sealed record BinaryContent(ReadOnlyMemory<byte> Data, string MediaType) : UserContent;

/// <summary>An item of a kind that is not known here; it is kept as it came, and the model does not see it.</summary>
/// <param name="Json">The item.</param>
public sealed record UnknownUserContent(JsonElement Json) : UserContent;
