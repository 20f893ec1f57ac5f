using System.Globalization;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>What a model reads in the place of a content that it cannot take.</summary>
internal static class ContentNotes
{
    /// <summary>A note about a content; null for one that says nothing to a model.</summary>
    public static string? Of(AIContent content) => content switch
    {
        DataContent data => OfData(data.MediaType, data.Data.Length),
        UriContent link => $"[a link to {link.MediaType} was here: {link.Uri.OriginalString}]",
        HostedFileContent file => $"[a file was here: {file.MediaType ?? "of unknown kind"}]",
        _ => null,
    };

    /// <summary>A note about data.</summary>
    /// <param name="mediaType">Its kind; null where that is not known.</param>
    /// <param name="bytes">Its size.</param>
    public static string OfData(string? mediaType, long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"[data was here: {mediaType ?? "of unknown kind"}, {bytes:N0} bytes]");
}
