using System.Reflection;
using System.Text.Json;
using AgentStream.AspNetCore.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary>A session as JSON. Its nodes are written one by one, at the pace of whoever reads them: those of a long history are never all in memory.</summary>
/// <param name="view">All but its nodes.</param>
/// <param name="nodes">Its nodes, as the Python library's <c>nodes_from_msgs</c> gives them.</param>
internal sealed class SessionResult(SessionView view, IEnumerable<JsonElement> nodes) : IResult, IEndpointMetadataProvider
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var json = LongJson.Begin(httpContext.Response);
        json.WriteStartObject();
        foreach (var field in JsonSerializer.SerializeToElement(view, JsonSerializerOptions.Web).EnumerateObject())
        {
            field.WriteTo(json);
        }

        json.WriteStartArray("nodes");
        foreach (var node in nodes)
        {
            node.WriteTo(json);
            if (!await json.SendAsync(httpContext.Response))
            {
                return;
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(SessionView), ["application/json"]));
}
