using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace AgentStream.Models.Tests;

/// <summary>How a <see cref="ModelServer"/> answers a request.</summary>
internal static class Reply
{
    public const string Done = "[DONE]";

    /// <summary>A stream with an event for each of these data.</summary>
    public static RequestDelegate Stream(params string[] data) => Raw(string.Concat(data.Select(Event)));

    /// <summary>A stream of exactly these characters.</summary>
    public static RequestDelegate Raw(string text, string? contentType = "text/event-stream; charset=utf-8") => async context =>
    {
        context.Response.ContentType = contentType;
        await WriteAsync(context, text);
    };

    /// <summary>A stream that begins so; then the connection ends, though more was promised.</summary>
    public static RequestDelegate Cut(string text) => async context =>
    {
        // The server closes behind what it wrote, so that all of it arrives; an abort could overtake it.
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(text) + 1;
        context.Response.ContentType = "text/event-stream";
        await WriteAsync(context, text);
    };

    /// <summary>A stream that begins so; the connection is aborted when the test says so.</summary>
    public static RequestDelegate Abort(string text, Task when) => async context =>
    {
        context.Response.ContentType = "text/event-stream";
        await WriteAsync(context, text);
        await when;
        context.Abort();
    };

    /// <summary>A stream that begins so, and continues for as long as the client listens.</summary>
    /// <param name="text">The beginning.</param>
    /// <param name="left">Completes when the client has gone.</param>
    public static RequestDelegate Hold(string text, TaskCompletionSource left) => async context =>
    {
        context.RequestAborted.Register(() => left.TrySetResult());
        context.Response.ContentType = "text/event-stream";
        await WriteAsync(context, text);
        await left.Task;
    };

    /// <summary>An answer without a stream.</summary>
    public static RequestDelegate Status(int status, string body = "", params (string Name, string Value)[] headers) => async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = body.StartsWith('<') ? "text/html" : "application/json";
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        await WriteAsync(context, body);
    };

    /// <summary>No answer at all: the connection is cut.</summary>
    public static RequestDelegate Nothing() => context =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    /// <summary>A chunk with a delta.</summary>
    public static string Delta(string delta, string finish = "null") => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"tiny-1","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]}""");

    /// <summary>A chunk that says a text.</summary>
    public static string Text(string text) => Delta($$"""{"content":"{{text}}"}""");

    /// <summary>The chunk that says why the answer ends.</summary>
    public static string Finish(string reason = "stop") => Delta("{}", $"\"{reason}\"");

    public static string Event(string data) => $"data: {data}\n\n";

    private static async Task WriteAsync(HttpContext context, string text)
    {
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
        await context.Response.Body.FlushAsync();
    }
}
