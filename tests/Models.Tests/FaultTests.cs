using System.Text.Json;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace AgentStream.Models.Tests;

/// <summary>
/// What is told when there is no answer, or not a whole one. <see cref="Ask.FaultAsync"/> asserts each time that the key is not in it.
/// </summary>
public sealed class FaultTests
{
    private static readonly string Hello = Reply.Event(Reply.Text("Hello"));

    [Fact]
    public async Task A_refusal_is_told_with_its_status_and_the_endpoints_own_words()
    {
        var fault = await Ask.FaultAsync(Reply.Status(401, $$$"""{"error":{"message":"Incorrect API key provided: {{{ModelServer.ApiKey}}}.","type":"invalid_request_error","code":"invalid_api_key"}}"""));
        Assert.Equal("the model 'tiny' answered 401 Unauthorized: Incorrect API key provided: ***. (invalid_api_key)", fault.Message);
        Assert.Equal(401, fault.Status);
    }

    [Theory]
    [InlineData(400, """{"error":{"message":"too long","type":"invalid_request_error","code":null}}""", "answered 400 Bad Request: too long (invalid_request_error)")]
    [InlineData(400, """{"error":{"message":"too long","code":400}}""", "answered 400 Bad Request: too long (400)")]
    [InlineData(400, """{"error":"too long"}""", "answered 400 Bad Request: too long")]
    [InlineData(400, """{"error":{"reason":"?"}}""", """answered 400 Bad Request: {"reason":"?"}""")]
    [InlineData(400, """[{"error":{"message":"too long"}}]""", "answered 400 Bad Request: too long")]
    [InlineData(400, """{"object":"error","message":"too long","type":"BadRequestError"}""", "answered 400 Bad Request: too long (BadRequestError)")]
    [InlineData(401, """{"detail":"Not authenticated"}""", "answered 401 Unauthorized: Not authenticated")]
    [InlineData(422, """{"detail":[{"msg":"field required"}]}""", """answered 422 Unprocessable Entity: [{"msg":"field required"}]""")]
    [InlineData(403, "{}", "answered 403 Forbidden")]
    [InlineData(403, "", "answered 403 Forbidden")]
    [InlineData(403, "go away", "answered 403 Forbidden: go away")]
    [InlineData(403, "<html>a page of a proxy</html>", "answered 403 Forbidden")]
    [InlineData(404, "", "answered 404 Not Found (are the endpoint and the model's name right?)")]
    [InlineData(307, "", "answered 307 Temporary Redirect (redirects are not followed: is the endpoint right?)")]
    [InlineData(200, """{"error":{"message":"no credits","code":402}}""", "answered with an error: no credits (402)")]
    [InlineData(200, """{"id":"chatcmpl-1","choices":[]}""", "answered with application/json where a stream of events was asked for (is the endpoint right?)")]
    [InlineData(200, "<html>hello</html>", "answered with text/html where a stream of events was asked for (is the endpoint right?)")]
    public async Task Whatever_the_endpoint_says_is_put_in_one_sentence(int status, string body, string expected)
    {
        var fault = await Ask.FaultAsync(Reply.Status(status, body));
        Assert.Equal($"the model 'tiny' {expected}", fault.Message);
        Assert.Equal(status, fault.Status);
    }

    [Fact]
    public async Task Users_are_told_what_went_wrong_without_the_endpoints_words()
    {
        RequestDelegate[] replies =
        [
            Reply.Status(401, """{"error":{"message":"no credit for org-17"}}"""),
            Reply.Status(200, """{"error":{"message":"no credit for org-17"}}"""),
            Reply.Status(200, "<html>org-17</html>"),
            Reply.Stream(Reply.Text("Hello"), """{"error":{"message":"org-17 is overloaded"}}"""),
            Reply.Stream(Reply.Text("Hello"), "org-17"),
            Reply.Stream(Reply.Text("Hello")),
        ];
        var told = new List<string?>();
        foreach (var reply in replies)
        {
            told.Add((await Ask.FaultAsync(reply)).PublicMessage);
        }

        Assert.Equal(
            [
                "the model 'tiny' answered 401",
                "the model 'tiny' answered with an error",
                "the model 'tiny' did not answer with a stream of events",
                "the model 'tiny' failed within its answer",
                "the model 'tiny' sent a chunk that is no JSON object",
                "the model 'tiny' broke its stream off before the end of the answer",
            ],
            told);
    }

    [Fact]
    public async Task A_long_error_is_cut_and_not_in_the_middle_of_a_key()
    {
        var fault = await Ask.FaultAsync(Reply.Status(400, new string('x', 990) + ModelServer.ApiKey + new string('y', 100_000)));
        Assert.Equal($"the model 'tiny' answered 400 Bad Request: {new string('x', 990)}***yyyyyyy ...", fault.Message);
    }

    [Fact]
    public async Task An_error_within_the_stream_ends_it()
    {
        var fault = await Ask.FaultAsync(Reply.Stream(Reply.Text("Hello"), """{"error":{"message":"overloaded","code":"server_error"}}"""));
        Assert.Equal("the model 'tiny' failed within its answer: overloaded (server_error)", fault.Message);
        Assert.Null(fault.Status);
    }

    [Theory]
    [InlineData("event: error\ndata: {\"message\":\"overloaded\"}\n\n", "overloaded")]
    [InlineData("event: error\ndata: {\"status\":503}\n\n", "{\"status\":503}")]
    [InlineData("data: {\"object\":\"error\",\"message\":\"overloaded\",\"code\":500}\n\n", "overloaded (500)")]
    [InlineData("data: {\"error\":\"overloaded\"}\n\n", "overloaded")]
    public async Task Errors_within_the_stream_have_several_forms(string text, string expected)
    {
        var fault = await Ask.FaultAsync(Reply.Raw(Hello + text));
        Assert.Equal($"the model 'tiny' failed within its answer: {expected}", fault.Message);
    }

    [Theory]
    [InlineData("{\"choices\":[{\"delta\":", typeof(JsonException))]
    [InlineData("hello", typeof(JsonException))]
    [InlineData("[1]", null)]
    [InlineData("null", null)]
    public async Task A_chunk_that_is_no_object_ends_the_stream(string chunk, Type? cause)
    {
        var fault = await Ask.FaultAsync(Reply.Raw(Hello + Reply.Event(chunk)));
        Assert.Equal($"the model 'tiny' sent a chunk that is no JSON object, of {chunk.Length} characters", fault.Message);
        Assert.Equal(cause is null, fault.InnerException is null);
        Assert.True(cause is null || fault.InnerException!.GetType().IsAssignableTo(cause));
    }

    [Theory]
    [InlineData("")]
    [InlineData(": processing\n\n")]
    [InlineData("data: {\"choices\":[]}\n\n")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n")]
    public async Task A_stream_that_ends_before_the_answer_does_broke_off(string text)
    {
        var fault = await Ask.FaultAsync(Reply.Raw(text));
        Assert.Equal("the model 'tiny' broke its stream off before the end of the answer", fault.Message);
    }

    [Fact]
    public async Task A_connection_that_ends_within_a_chunk_broke_off_and_is_not_tried_again()
    {
        var fault = await Ask.FaultAsync(Reply.Cut(Hello + "data: {\"choices\":[{\"del"));
        Assert.StartsWith("the model 'tiny' broke its stream off before the end of the answer: ", fault.Message, StringComparison.Ordinal);
        Assert.IsAssignableFrom<IOException>(fault.InnerException);
    }

    [Fact]
    public async Task What_came_before_a_break_was_given()
    {
        var heard = new TaskCompletionSource();
        await using var server = await ModelServer.StartAsync(Reply.Abort(Hello, heard.Task));
        using var client = server.Client();
        await using var updates = client.GetStreamingResponseAsync([new(ChatRole.User, "hello")]).GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync().AsTask().Within());
        Assert.Equal("Hello", updates.Current.Text);

        heard.SetResult();
        var fault = await Assert.ThrowsAsync<ModelException>(() => updates.MoveNextAsync().AsTask().Within());
        Assert.StartsWith("the model 'tiny' broke its stream off", fault.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_cancel_is_heard_while_the_model_is_silent_and_the_endpoint_hears_of_it()
    {
        var left = new TaskCompletionSource();
        await using var server = await ModelServer.StartAsync(Reply.Hold(Hello, left));
        using var client = server.Client();
        using var cancel = new CancellationTokenSource();
        await using var updates = client.GetStreamingResponseAsync([new(ChatRole.User, "hello")], null, cancel.Token).GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync().AsTask().Within());
        var next = updates.MoveNextAsync().AsTask();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.Within());
        await left.Task.Within();
    }

    [Fact]
    public async Task A_cancel_is_heard_before_the_endpoint_has_answered()
    {
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await ModelServer.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => left.TrySetResult());
            asked.SetResult();
            await left.Task;
        });
        using var client = server.Client();
        using var cancel = new CancellationTokenSource();
        var answer = client.AskAsync(null, cancel.Token);
        await asked.Task.Within();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await left.Task.Within();
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Who_stops_reading_makes_the_endpoint_stop_too()
    {
        var left = new TaskCompletionSource();
        await using var server = await ModelServer.StartAsync(Reply.Hold(Hello, left));
        using var client = server.Client();
        await using (var updates = client.GetStreamingResponseAsync([new(ChatRole.User, "hello")]).GetAsyncEnumerator())
        {
            Assert.True(await updates.MoveNextAsync().AsTask().Within());
        }

        await left.Task.Within();
    }
}
