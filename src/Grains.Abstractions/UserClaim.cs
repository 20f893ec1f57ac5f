using System.Text.Json.Serialization;

namespace AgentStream;

/// <summary>What is known of a user: a claim of whoever has authenticated them.</summary>
/// <param name="Type">The claim's name, such as <c>email</c>, or the URI of one of <see cref="System.Security.Claims.ClaimTypes"/>.</param>
/// <param name="Value">Its value.</param>
[GenerateSerializer, Immutable, Alias("AgentStream.UserClaim")]
public sealed record UserClaim([property: Id(0), JsonPropertyName("type")] string Type, [property: Id(1), JsonPropertyName("value")] string Value);
