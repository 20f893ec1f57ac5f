using System.Text;
using Microsoft.AspNetCore.Http;

namespace AgentStream.Models.Tests;

/// <summary>An endpoint may send so much and no more: what has no end ends the answer, and is not read further.</summary>
public sealed class LimitTests
{
    private static readonly byte[] Filling = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));

    // More than any bound here; a reader that takes it all holds it in memory.
    private const long Endless = 300L * 1024 * 1024;

    public static TheoryData<string, string> Events => new()
    {
        { "data: {\"x\":\"", "" },
        { ": a comment ", "" },
        { "{\"x\":\"", "" },
        { "data: [", "\ndata: " },
        { "{", "\n" },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public async Task An_event_that_does_not_end_ends_the_answer(string begin, string between) =>
        await TooMuchAsync("an event of its answer is longer than 8388608 bytes", begin, Encoding.ASCII.GetBytes(between), Filling);

    [Theory]
    [InlineData(": %\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"%\"}}]}\n\n")]
    public async Task An_answer_that_does_not_end_ends_the_answer(string piece) =>
        await TooMuchAsync("its answer is longer than 268435456 bytes", "", Pieces(piece.Replace("%", new string('x', 32 * 1024), StringComparison.Ordinal)));

    [Theory]
    [InlineData("""{"tool_calls":[{"index":0,"function":{"arguments":"%"}}]}""", 40)]
    [InlineData("""{"tool_calls":[{"index":0,"id":"c1","function":{"name":"t","arguments":"{}"},"signature":"%"}]}""", 40)]
    [InlineData("""{"reasoning_details":[{"type":"reasoning.encrypted","data":"%"}]}""", 40)]
    public async Task Calls_that_do_not_end_end_the_answer(string delta, int kilobytes) => await TooMuchAsync(
        "the tool calls of its answer are longer than 16000000 characters",
        "",
        Pieces(Reply.Event(Reply.Delta(delta.Replace("%", new string('x', kilobytes * 1024), StringComparison.Ordinal)))));

    [Fact]
    public async Task Calls_without_number_end_the_answer()
    {
        var calls = string.Join(',', Enumerable.Range(0, 1001).Select(i => $$$"""{"index":{{{i}}},"id":"c{{{i}}}","function":{"name":"t","arguments":"{}"}}"""));
        var fault = await Ask.FaultAsync(Reply.Stream(Reply.Delta($$"""{"tool_calls":[{{calls}}]}"""), Reply.Finish("tool_calls")));
        Assert.Equal("the model 'tiny' sent too much: its answer has more than 1000 tool calls", fault.Message);
        Assert.Equal("limit", fault.FailureReason);
    }

    [Fact]
    public async Task An_answer_that_is_whole_stays_whatever_comes_after_it()
    {
        await using var server = await ModelServer.StartAsync(Flood(Reply.Event(Reply.Text("Hello")) + Reply.Event(Reply.Finish()) + ": ", Filling));
        using var client = server.Client();
        Assert.Equal("Hello", string.Concat((await client.AskAsync()).Select(update => update.Text)));
    }

    [Theory]
    [InlineData(400, "the model 'tiny' answered 400")]
    [InlineData(200, "the model 'tiny' answered with an error: xxx")]
    public async Task A_body_that_is_no_stream_is_not_read_to_its_end(int status, string expected)
    {
        var fault = await Ask.FaultAsync(async context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (status, "application/json");
            await FloodAsync(context, long.MaxValue, "", Filling);
        });
        Assert.StartsWith(expected, fault.Message, StringComparison.Ordinal);
    }

    private static byte[] Pieces(string piece) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(piece, Math.Max(1, Filling.Length / piece.Length))));

    private static async Task TooMuchAsync(string expected, string begin, params byte[][] pieces)
    {
        var fault = await Ask.FaultAsync(Flood(begin, pieces));
        Assert.Equal($"the model 'tiny' sent too much: {expected}", fault.Message);
        Assert.Equal((fault.Message, "limit"), (fault.PublicMessage, fault.FailureReason));
    }

    private static RequestDelegate Flood(string begin, params byte[][] pieces) => context =>
    {
        context.Response.ContentType = "text/event-stream";
        return FloodAsync(context, Endless, begin, pieces);
    };

    private static async Task FloodAsync(HttpContext context, long size, string begin, params byte[][] pieces)
    {
        await context.Response.WriteAsync(begin);
        for (var sent = 0L; sent < size && !context.RequestAborted.IsCancellationRequested;)
        {
            foreach (var piece in pieces)
            {
                await context.Response.Body.WriteAsync(piece);
                sent += piece.Length;
            }
        }
    }
}
