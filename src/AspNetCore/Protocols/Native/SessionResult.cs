using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace AgentStream.AspNetCore.Protocols.Native;

/// <summary>A session as JSON. Its nodes are written one by one, at the pace of whoever reads them: those of a long history are never all in memory.</summary>
/// <param name="view">All but its nodes.</param>
/// <param name="nodes">Its nodes, as the Python library's <c>nodes_from_msgs</c> gives them.</param>
internal sealed class SessionResult(SessionView view, IEnumerable<JsonElement> nodes) : IResult, IEndpointMetadataProvider
{
    private const int FlushLength = 64 * 1024;

    private static readonly JsonWriterOptions Writing = new() { MaxDepth = Protocol.MaxJsonDepth + 4 };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(response.BodyWriter, Writing);
        json.WriteStartObject();
        foreach (var field in JsonSerializer.SerializeToElement(view, JsonSerializerOptions.Web).EnumerateObject())
        {
            field.WriteTo(json);
        }

        json.WriteStartArray("nodes");
        foreach (var node in nodes)
        {
            node.WriteTo(json);
            if (json.BytesPending + response.BodyWriter.UnflushedBytes > FlushLength)
            {
                await json.FlushAsync();
                if ((await response.BodyWriter.FlushAsync()).IsCompleted)
                {
                    // Whoever asked has left.
                    return;
                }
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(SessionView), ["application/json"]));
}
