using System.Text.Json.Serialization;
using AgentStream.AspNetCore.Description;
using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary><c>GET /chat/limits</c>: the limits that the caller is held to, and what is used of them.</summary>
internal static class ReadLimits
{
    public static void MapReadLimits(this RouteGroupBuilder chat) =>
        chat.MapGet("limits", async (HttpContext context, AgentStreamClient client, Listeners listeners) =>
        {
            var limits = await client.GetLimitsAsync(context.Caller());
            return TypedResults.Ok(limits.Concat(listeners.UsageOf(context.Caller())).Select(LimitView.Of));
        }).Is("Shows the caller's limits, and what is used of them.").Refuses();
}

/// <summary>A limit, and what is used of it.</summary>
/// <param name="Limit">Its name.</param>
/// <param name="Target"><c>user</c> or <c>scope</c>.</param>
/// <param name="Allowed">How much it allows.</param>
/// <param name="Used">How much is used.</param>
/// <param name="ResetsAt">When it begins anew; left out for a limit that does not.</param>
internal sealed record LimitView(
    [property: JsonPropertyName(Protocol.Fields.Limit)] string Limit,
    [property: JsonPropertyName(Protocol.Fields.Target)] string Target,
    [property: JsonPropertyName(Protocol.Fields.Allowed)] long Allowed,
    [property: JsonPropertyName(Protocol.Fields.Used)] long Used,
    [property: JsonPropertyName(Protocol.Fields.ResetsAt), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? ResetsAt)
{
    public static LimitView Of(LimitUsage usage) => new(usage.Name, Problems.WordOf(usage.Target), usage.Allowed, usage.Used, usage.ResetsAt?.UtcDateTime);
}
