using AgentStream.TestTools;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace AgentStream.Mcp.Tests;

/// <summary>Servers that know only <c>initialize</c>, or only POST, and take anything else as they like.</summary>
public sealed class HandshakeTests : IDisposable
{
    // Knows initialize and tools/list, writes down what it is asked, and ends with anything else.
    private const string Script = """
        echo started >> "$0"
        while read -r line; do
          id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
          method=$(printf '%s' "$line" | sed -n 's/.*"method":"\([^"]*\)".*/\1/p')
          echo "$method" >> "$0"
          case "$method" in
            initialize) result='{"protocolVersion":"2024-11-05","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}' ;;
            tools/list) result='{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}' ;;
            notifications/*) continue ;;
            *) exit 3 ;;
          esac
          printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
        done
        """;

    private readonly string _journal = Path.GetTempFileName();

    public void Dispose() => File.Delete(_journal);

    [Theory]
    [InlineData(200)]
    [InlineData(202)]
    [InlineData(204)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(406)]
    [InlineData(410)]
    [InlineData(415)]
    [InlineData(422)]
    [InlineData(429)]
    public Task A_server_that_answers_the_question_with_any_status_is_used(int status) => UsesAsync((_, context) =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    });

    [Theory]
    [InlineData("text/html", "<html>")]
    [InlineData("application/json", "")]
    [InlineData("application/json", "{")]
    [InlineData("application/json", "[]")]
    [InlineData("text/event-stream", "")]
    [InlineData("text/event-stream", ": hello\n\n")]
    public Task A_server_that_answers_the_question_with_anything_is_used(string type, string body) =>
        UsesAsync((_, context) => RawServer.StatusAsync(context, 200, body, type));

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("""{"supportedVersions":null,"capabilities":7}""")]
    [InlineData("""{"supportedVersions":["2025-06-18"],"capabilities":{}}""")]
    public Task A_server_that_answers_the_question_with_any_result_is_used(string result) => UsesAsync((request, context) => RawServer.ResultAsync(request, context, result));

    [Fact]
    public Task A_server_that_closes_the_connection_at_the_question_is_used() => UsesAsync((_, context) =>
    {
        context.Abort();
        return Task.CompletedTask;
    });

    [Theory]
    [InlineData(401, "it answered with HTTP status 401 (Unauthorized)")]
    [InlineData(403, "it answered with HTTP status 403 (Forbidden)")]
    [InlineData(500, "it answered with HTTP status 500 (InternalServerError)")]
    [InlineData(503, "it answered with HTTP status 503 (ServiceUnavailable)")]
    public async Task A_server_that_turns_us_away_or_is_ill_is_not_asked_again(int status, string reason)
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["server/discover"] = (_, context) => RawServer.StatusAsync(context, status);
        Assert.Equal($"MCP server 'tools' cannot be used: {reason}", await RefusedAsync(server));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(405, "it answered with HTTP status 405 (MethodNotAllowed)")]
    [InlineData(202, "it ended its answer without a result")]
    public async Task What_is_no_server_at_all_is_said_to_be_none(int status, string reason)
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["server/discover"] = server.Answers["initialize"] = (_, context) => RawServer.StatusAsync(context, status);
        Assert.Equal($"MCP server 'tools' cannot be used: {reason}", await RefusedAsync(server));
    }

    [Theory]
    [InlineData(null, 404)]
    [InlineData(null, 405)]
    [InlineData("s1", 404)]
    [InlineData("s1", 405)]
    [InlineData("s1", 501)]
    [InlineData("s1", 200)]
    public async Task A_server_without_a_stream_of_its_own_is_used(string? session, int status)
    {
        await using var server = await RawServer.StartAsync("""{"content":[{"type":"text","text":"hi"}]}""");
        server.Session = session;
        var answered = new TaskCompletionSource();
        server.Answers["GET"] = async (_, context) =>
        {
            await RawServer.StatusAsync(context, status);
            await context.Response.CompleteAsync();
            answered.TrySetResult();
        };

        // The tools are not listed before the answer to the GET may have been taken for the end of the session.
        server.Answers["tools/list"] = async (request, context) =>
        {
            await answered.Task.Within();
            await RawServer.ResultAsync(request, context, $$"""{"tools":[{{RawServer.Tool}}]}""");
        };
        Assert.Equal("hi", await server.CallAsync());
    }

    [Fact]
    public async Task A_session_that_has_ended_is_begun_anew_by_the_next_run()
    {
        await using var server = await RawServer.StartAsync("""{"content":[{"type":"text","text":"hi"}]}""");
        server.Session = "s1";
        await using var source = server.NewSource();
        var tool = (AIFunction)(await source.GetToolsAsync(CancellationToken.None)).Single();
        server.Answers["tools/call"] = (_, context) => RawServer.StatusAsync(context, 404);
        var lost = await Assert.ThrowsAsync<McpServerException>(() => tool.InvokeAsync(new AIFunctionArguments()).AsTask());
        Assert.Equal("MCP server 'tools' answered the call with HTTP status 404 (NotFound)", lost.Message);

        server.Answers.Remove("tools/call");
        tool = (AIFunction)(await source.GetToolsAsync(CancellationToken.None)).Single();
        Assert.Equal("hi", await tool.InvokeAsync(new AIFunctionArguments()));
        Assert.Equal(2, server.Of("initialize").Count);
    }

    [Fact]
    public async Task The_type_of_an_answer_may_have_capitals()
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["tools/call"] = (request, context) => RawServer.ResultAsync(
            request, context, """{"content":[{"type":"text","text":"hi"}]}""", "Application/JSON; charset=utf-8");
        Assert.Equal("hi", await server.CallAsync());
    }

    [Fact]
    public async Task A_program_that_ends_with_a_question_that_it_does_not_know_is_started_again()
    {
        Assert.Equal(["t"], await ProgramAsync(_ => { }));
        Assert.Equal(["started", "server/discover", "started", "initialize"], File.ReadLines(_journal).Take(4));
    }

    [Fact]
    public async Task A_program_can_be_told_to_be_asked_in_the_old_way_only()
    {
        Assert.Equal(["t"], await ProgramAsync(options => options.Initialize = McpInitialize.Legacy));
        Assert.Equal(["started", "initialize"], File.ReadLines(_journal).Take(2));
    }

    [Fact]
    public async Task A_server_can_be_told_to_be_asked_in_the_old_way_only()
    {
        await using var server = await RawServer.StartAsync();
        await using var source = server.NewSource(configure: options => options.Initialize = McpInitialize.Legacy);
        Assert.Single(await source.GetToolsAsync(CancellationToken.None));
        Assert.Equal("initialize", server.Requests[0].Method);
        Assert.Empty(server.Of("server/discover"));
    }

    private static async Task<string> RefusedAsync(RawServer server)
    {
        await using var source = server.NewSource();
        return (await Assert.ThrowsAsync<McpServerException>(() => source.GetToolsAsync(CancellationToken.None).AsTask())).Message;
    }

    private static async Task UsesAsync(Func<RawRequest, HttpContext, Task> answer)
    {
        await using var server = await RawServer.StartAsync("""{"content":[{"type":"text","text":"hi"}]}""");
        server.Answers["server/discover"] = answer;
        Assert.Equal("hi", await server.CallAsync());
        Assert.NotEmpty(server.Of("server/discover"));
        Assert.Single(server.Of("initialize"));
    }

    private async Task<List<string>> ProgramAsync(Action<McpConnectionOptions> configure)
    {
        var options = new McpConnectionOptions { Command = "sh" };
        TestServer.Patient(options);
        Array.ForEach(["-c", Script, _journal], options.Arguments.Add);
        configure(options);
        await using var source = McpSilos.NewSource(options);
        return [.. (await source.GetToolsAsync(CancellationToken.None)).Select(tool => tool.Name)];
    }
}
