using System.Buffers.Text;

namespace AgentStream.Messages;

/// <summary>Data in JSON: pydantic writes base64 in its URL-safe alphabet, with padding, and reads either alphabet.</summary>
internal static class Base64
{
    /// <exception cref="FormatException">It is no base64.</exception>
    public static byte[] Read(string text) => Base64Url.DecodeFromChars(text.TrimEnd('=').Replace('+', '-').Replace('/', '_'));

    public static string Write(ReadOnlySpan<byte> data) => Convert.ToBase64String(data).Replace('+', '-').Replace('/', '_');
}
