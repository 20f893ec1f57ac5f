using System.Text;

namespace AgentStream.Storage;

/// <summary>The body of a run's <c>begin</c>.</summary>
internal static class BeginBody
{
    /// <summary>Writes <c>{"session_id":"..."}</c>.</summary>
    /// <param name="key">The session; its id has no character that JSON would escape.</param>
    /// <returns>The JSON, as UTF-8.</returns>
    public static byte[] Of(SessionKey key) => Encoding.UTF8.GetBytes($$"""{"{{Protocol.Fields.SessionId}}":"{{key.Session}}"}""");
}
