using System.Net.Http.Headers;
using AgentStream.Messages;

namespace AgentStream.Grains.Chat;

/// <summary>The media types of what a user shows: chat clients want one for everything.</summary>
internal static class MediaTypes
{
    private const string Anything = "application/octet-stream";

    private static readonly Dictionary<string, string> ByExtension = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".wav"] = "audio/wav",
        [".mp3"] = "audio/mpeg",
        [".ogg"] = "audio/ogg",
        [".flac"] = "audio/flac",
        [".aac"] = "audio/aac",
        [".mp4"] = "video/mp4",
        [".webm"] = "video/webm",
        [".mov"] = "video/quicktime",
        [".mkv"] = "video/x-matroska",
        [".pdf"] = "application/pdf",
        [".txt"] = "text/plain",
        [".md"] = "text/markdown",
        [".html"] = "text/html",
        [".csv"] = "text/csv",
    };

    /// <summary>The media type of something behind an address: as it says, by the address, or as far as its kind tells.</summary>
    public static string Of(UserUrl url, Uri address) =>
        IsValid(url.MediaType) ? url.MediaType!
        : ByExtension.TryGetValue(Path.GetExtension(address.AbsolutePath), out var known) ? known
        : url.Kind switch
        {
            UserUrlKind.Image => "image/*",
            UserUrlKind.Audio => "audio/*",
            UserUrlKind.Video => "video/*",
            _ => Anything,
        };

    /// <summary>The media type of data; one that is none makes it just data.</summary>
    public static string Of(BinaryContent binary) => IsValid(binary.MediaType) ? binary.MediaType : Anything;

    /// <summary>The kind of something behind an address.</summary>
    public static string KindOf(string mediaType) => mediaType[..Math.Max(0, mediaType.IndexOf('/', StringComparison.Ordinal))].ToLowerInvariant() switch
    {
        "image" => UserUrlKind.Image,
        "audio" => UserUrlKind.Audio,
        "video" => UserUrlKind.Video,
        _ => UserUrlKind.Document,
    };

    private static bool IsValid(string? mediaType) => MediaTypeHeaderValue.TryParse(mediaType, out _);
}
