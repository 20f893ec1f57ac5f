using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace AgentStream.AspNetCore.Requests;

/// <summary>JSON that may be long: it is sent at the pace of whoever reads it, and never all in memory.</summary>
internal static class LongJson
{
    private const int SendLength = 64 * 1024;

    private static readonly JsonWriterOptions Writing = new() { MaxDepth = Protocol.MaxJsonDepth + 8 };

    /// <summary>Begins a response of JSON.</summary>
    public static Utf8JsonWriter Begin(HttpResponse response)
    {
        response.ContentType = "application/json; charset=utf-8";
        return new Utf8JsonWriter(response.BodyWriter, Writing);
    }

    /// <summary>Sends what was written, when it is much.</summary>
    /// <returns>False when whoever asked has left.</returns>
    public static async ValueTask<bool> SendAsync(this Utf8JsonWriter json, HttpResponse response)
    {
        if (json.BytesPending + response.BodyWriter.UnflushedBytes <= SendLength)
        {
            return true;
        }

        await json.FlushAsync();
        return !(await response.BodyWriter.FlushAsync()).IsCompleted;
    }
}
