using System.Buffers.Text;

namespace AgentStream.Messages;

/// <summary>Data in JSON: pydantic writes base64 in its URL-safe alphabet, with padding, and reads either alphabet.</summary>
internal static class Base64
{
    public static byte[] Read(JsonPlace place)
    {
        try
        {
            return Base64Url.DecodeFromChars(place.Text().TrimEnd('=').Replace('+', '-').Replace('/', '_'));
        }
        catch (FormatException)
        {
            throw place.Error("must be base64");
        }
    }

    public static string Write(ReadOnlySpan<byte> data) => Convert.ToBase64String(data).Replace('+', '-').Replace('/', '_');
}
