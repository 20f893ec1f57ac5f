using System.Net;
using System.Text.Json;
using AgentStream.Storage;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentStream.AspNetCore.Tests;

public sealed class TroubleTests
{
    private const string Secret = "10.1.2.3:6379 refused the password";

    public static TheoryData<Exception> Unreachable => new(
        new StorageUnavailableException(Secret), new TimeoutException(Secret), new OrleansException(Secret), new OwnershipLostException(Secret), new OperationCanceledException(Secret));

    [Theory]
    [MemberData(nameof(Unreachable), DisableDiscoveryEnumeration = true)]
    public async Task A_session_out_of_reach_asks_to_come_back(Exception exception)
    {
        await using var app = await ChatApp.StartAsync();
        app.Sessions.BeforeStart = () => throw exception;
        using var response = await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}""");

        await AssertUnavailableAsync(response);

        // It may have started all the same: the caller can look.
        Assert.Equal(["s1"], response.Headers.GetValues("X-Session-Id"));
    }

    [Theory]
    [InlineData(nameof(IStreamStore.ReadAsync), "GET", "/chat/s1/stream")]
    [InlineData(nameof(IStreamStore.CancelAsync), "POST", "/chat/s1/cancel")]
    [InlineData(nameof(IStreamStore.GetLiveSessionsAsync), "GET", "/chat")]
    public async Task A_log_out_of_reach_asks_to_come_back(string method, string verb, string path)
    {
        await using var app = await ChatApp.StartAsync(ChatApp.WithTroubledLog(method, () => new StorageUnavailableException(Secret)));
        using var request = new HttpRequestMessage(new HttpMethod(verb), path);
        using var response = await app.Http.SendAsync(request);

        await AssertUnavailableAsync(response);
    }

    [Fact]
    public async Task A_listener_is_not_told_that_a_run_has_ended_when_the_listening_fails()
    {
        Exception? trouble = null;
        await using var app = await ChatApp.StartAsync(ChatApp.WithTroubledLog(nameof(IStreamStore.ReadAsync), () => trouble));
        using var stream = new SseReader(await app.PostChatAsync("""{"prompt":"hello","session_id":"s1"}"""));
        Assert.NotNull(await stream.NextAsync());

        trouble = new InvalidDataException(Secret);
        await app.Sessions.AppendAsync(ChatApp.Key("s1"), "{}");
        await Assert.ThrowsAnyAsync<IOException>(stream.NextAsync);
        Assert.True(await app.Log.IsLiveAsync(ChatApp.Key("s1")));
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, "failed")]
    [InlineData(HttpStatusCode.ServiceUnavailable, "cannot be served now")]
    public async Task The_answer_and_the_log_name_a_failure_by_the_same_reference(HttpStatusCode status, string said)
    {
        using var log = new Lines();
        await using var app = await ChatApp.StartAsync(builder => builder.Logging.AddProvider(log));
        app.Sessions.BeforeStart = () => throw (status == HttpStatusCode.InternalServerError ? new InvalidOperationException(Secret) : new TimeoutException(Secret));
        using var response = await app.PostChatAsync("""{"prompt":"hello"}""");

        var problem = await Problem.OfAsync(response, status);
        using var json = JsonDocument.Parse(problem.Text);
        var reference = json.RootElement.GetProperty("reference").GetString();
        Assert.Equal(12, reference?.Length);
        Assert.Contains($"POST /chat {said}. Reference: {reference}.", log.Texts);
    }

    [Fact]
    public async Task Nothing_of_an_unexpected_exception_reaches_the_caller()
    {
        await using var app = await ChatApp.StartAsync();
        app.Sessions.BeforeStart = () => throw new InvalidOperationException(Secret);
        using var response = await app.PostChatAsync("""{"prompt":"hello"}""");

        var problem = await Problem.OfAsync(response, HttpStatusCode.InternalServerError);
        Assert.Equal("The server failed to handle the request.", problem.Detail);
        Assert.DoesNotContain(Secret, problem.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_programs_own_exception_handlers_change_nothing_here()
    {
        await using var app = await ChatApp.StartAsync(
            builder => builder.Services.AddProblemDetails().AddExceptionHandler<Teapot>(),
            own => own.UseExceptionHandler());
        app.Sessions.BeforeStart = () => throw new StorageUnavailableException(Secret);
        using var response = await app.PostChatAsync("""{"prompt":"hello"}""");
        await AssertUnavailableAsync(response);

        app.Sessions.BeforeStart = () => throw new InvalidOperationException(Secret);
        using var unexpected = await app.PostChatAsync("""{"prompt":"hello"}""");
        await Problem.OfAsync(unexpected, HttpStatusCode.InternalServerError);
    }

    private static async Task AssertUnavailableAsync(HttpResponseMessage response)
    {
        var problem = await Problem.OfAsync(response, HttpStatusCode.ServiceUnavailable);
        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter?.Delta);
        Assert.Contains("not known whether the request took effect", problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, problem.Text, StringComparison.Ordinal);
    }

    private sealed class Teapot : IExceptionHandler
    {
        public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
        {
            httpContext.Response.StatusCode = StatusCodes.Status418ImATeapot;
            return ValueTask.FromResult(true);
        }
    }
}
