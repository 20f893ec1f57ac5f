using System.Text.Json;
using System.Text.Json.Serialization;
using AgentStream.Messages;

namespace AgentStream.Storage.Journal;

/// <summary>What a run keeps of the user who started it, so that it is the same in the next process.</summary>
/// <param name="Claims">The claims that the agent asks for.</param>
/// <param name="Policies">The policies of the agent's tools that the user met when the prompt was accepted, in ordinal order.</param>
public sealed record RunCaller(
    [property: JsonPropertyName("claims")] IReadOnlyList<UserClaim> Claims,
    [property: JsonPropertyName("policies")] IReadOnlyList<string> Policies)
{
    /// <summary>Somebody of whom nothing is known.</summary>
    public static RunCaller Unknown { get; } = new([], []);

    internal static RunCaller? Read(JsonPlace caller) => caller.IsMissing
        ? null
        : new(
            [.. caller.Object().Field("claims").Items().Select(ReadClaim)],
            [.. caller.Field("policies").Items().Select(policy => policy.Text())]);

    internal static UserClaim ReadClaim(JsonPlace claim) => new(claim.Object().Field("type").Text(), claim.Field("value").Text());

    internal void Write(Utf8JsonWriter json) => JsonSerializer.Serialize(json, this);
}
