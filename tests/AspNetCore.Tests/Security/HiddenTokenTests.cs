using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AgentStream.AspNetCore.Tests.Security;

/// <summary>A program that logs and traces all that it can has no session token in it, though browsers send it in the address.</summary>
public sealed class HiddenTokenTests
{
    [Fact]
    public async Task No_log_no_trace_and_no_middleware_sees_a_token()
    {
        using var logs = new Logs();
        var traces = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => traces.Enqueue(string.Join('|', activity.TagObjects)),
        };
        ActivitySource.AddActivityListener(listener);
        await using var app = await ChatApp.StartAsync(
            builder =>
            {
                builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace);
                builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore"] = "Trace";
                builder.Services.AddHttpLogging(options => options.LoggingFields = HttpLoggingFields.All & ~HttpLoggingFields.ResponseBody);
            },
            app =>
            {
                app.UseHttpLogging();
                app.Use((context, next) =>
                {
                    traces.Enqueue($"{context.Request.GetEncodedUrl()} {context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget}");
                    return next();
                });
            });
        await app.Sessions.StartAsync(ChatApp.Key("s1"), new RunRequest("hello"));
        using var made = await app.Http.PostAsync("/chat/s1/token", null);
        var token = JsonDocument.Parse(await made.Content.ReadAsStringAsync()).RootElement.GetProperty("token").GetString()!;
        await app.Sessions.FinishAsync(ChatApp.Key("s1"));
        foreach (var query in (string[])[$"?access_token={token}", $"?a=%20b&ACCESS%5Ftoken={token}&after=0-1", $"?access_token={token}&access_token={token}", $"?access_token={token}&after=wrong"])
        {
            using var followed = await app.FollowAsync("s1", query);
            Assert.Equal(query.Contains("wrong", StringComparison.Ordinal) ? HttpStatusCode.BadRequest : HttpStatusCode.OK, followed.StatusCode);
            await followed.Content.ReadAsStringAsync();
        }

        await app.StopAsync().Within();
        var all = string.Join('\n', logs.Lines.Concat(traces));
        Assert.Contains("Request starting HTTP/1.1 GET", all, StringComparison.Ordinal);
        Assert.Contains("/chat/s1/stream?a=%20b&after=0-1", all, StringComparison.Ordinal);
        Assert.DoesNotContain(token["ast_".Length..], all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?access_token=eyJhbGciOi.of.anotherkind&b")]
    [InlineData("?x=ast_CfDJ8&access_token=other")]
    [InlineData("")]
    public async Task Other_parameters_stay_as_they_are(string query)
    {
        var seen = "";
        await using var app = await ChatApp.StartAsync(map: app => app.MapGet("/own", (HttpContext context) => seen = context.Request.QueryString.ToString()));
        await app.Http.GetStringAsync($"/own{query}");
        Assert.Equal(query, seen);
    }

    private sealed class Logs : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Lines.Enqueue($"{state} {Values(state)}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {Values(state)} {exception}");

        public void Dispose()
        {
        }

        private static string Values<TState>(TState state) => string.Join('|', state as IEnumerable<KeyValuePair<string, object?>> ?? []);
    }
}
