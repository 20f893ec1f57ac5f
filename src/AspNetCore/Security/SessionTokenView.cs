using System.Text.Json.Serialization;

namespace AgentStream.AspNetCore.Security;

/// <summary>A token as its bearer gets it.</summary>
/// <param name="Token">The token; null when it is in a cookie.</param>
/// <param name="ExpiresAt">When it ends, in UTC.</param>
internal sealed record SessionTokenView(
    [property: JsonPropertyName("token"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token,
    [property: JsonPropertyName("expires_at")] DateTime ExpiresAt)
{
    public static SessionTokenView Of(SessionToken token, string? text) => new(text, token.Expires.UtcDateTime);
}
