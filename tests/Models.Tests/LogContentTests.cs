using System.Collections.Concurrent;
using System.Text;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Models.Tests;

/// <summary>What people and models say to each other is in no line of the log, of whichever library, but in traces.</summary>
public sealed class LogContentTests
{
    private const string Prompt = "marker-prompt";
    private const string Thought = "marker-thought";
    private const string Answer = "marker-answer";
    private const string Argument = "marker-argument";
    private const string Result = "marker-result";

    [Fact]
    public async Task A_conversation_with_tools_that_fail_leaves_none_of_its_words_in_the_log()
    {
        await using var model = await ModelServer.StartAsync(
            Reply.Stream(
                Reply.Delta($$"""{"reasoning_content":"{{Thought}}"}"""),
                Reply.Text(Answer),
                Call(0, "find", "text"),
                Reply.Delta($$$$"""{"tool_calls":[{"index":1,"id":"c1","function":{"name":"pay","arguments":"{\"amount\":{\"text\":\"{{{{Argument}}}}\"}}"}}]}"""),
                Call(2, "fail", "text"),
                Call(3, "nothing", "text"),
                Reply.Delta($$$"""{"tool_calls":[{"index":4,"id":"c4","function":{"name":"find","arguments":"{\"text\":\"{{{Argument}}}"}}]}"""),
                Reply.Finish("tool_calls"),
                Reply.Done),
            Reply.Stream(Reply.Text(Answer), Reply.Finish(), Reply.Done),
            Reply.Stream(Reply.Text("so"), $$$"""{"choices":[{"delta":{"content":"{{{Answer}}}"""),
            Reply.Stream(Reply.Text(Answer)),
            Reply.Status(500, "overloaded", ("Retry-After", "0")),
            Reply.Status(400, "no"));
        using var logs = new Lines();
        await using var app = await StartAsync(model, logs);

        // That the words were said, each of them, and that the net is out.
        var first = await ChatAsync(app, "s1");
        Assert.All([Thought, Answer, Argument, Result], marker => Assert.Contains(marker, first, StringComparison.Ordinal));
        Assert.Contains(Prompt, model.Requests[^1]["messages"], StringComparison.Ordinal);
        Assert.Contains("no JSON object", await ChatAsync(app, "s2"), StringComparison.Ordinal);
        Assert.Contains("before the end", await ChatAsync(app, "s3"), StringComparison.Ordinal);
        Assert.Contains("answered 400", await ChatAsync(app, "s4"), StringComparison.Ordinal);
        Assert.Contains(logs.All, line => line.Contains("The tool fail failed", StringComparison.Ordinal));
        Assert.Contains(logs.All, line => line.Contains("arguments that it does not take", StringComparison.Ordinal));
        Assert.Contains(logs.All, line => line.Contains("Microsoft.AspNetCore", StringComparison.Ordinal));

        Assert.DoesNotContain(logs.All, line => line.Contains("marker-", StringComparison.Ordinal));
    }

    private static string Call(int index, string tool, string argument) => Reply.Delta(
        $$$"""{"tool_calls":[{"index":{{{index}}},"id":"c{{{index}}}","function":{"name":"{{{tool}}}","arguments":"{\"{{{argument}}}\":\"{{{Argument}}}\"}"}}]}""");

    private static async Task<WebApplication> StartAsync(ModelServer model, Lines logs)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(logs);
        foreach (var quiet in new[] { "Default", "Microsoft.AspNetCore", "Microsoft.Orleans", "Orleans", "Polly", "System.Net.Http.HttpClient.AgentStream" })
        {
            builder.Configuration[$"Logging:LogLevel:{quiet}"] = "Debug";
        }

        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["AgentStream:Journal"] = "memory";
        builder.Configuration["AgentStream:GracePeriod"] = "1h";
        builder.AddAgentStream().AddAgent("assistant", agent => agent
            .UseChatClient(_ => model.Client())
            .WithTool((string text) => $"{Result} {text}", "find")
            .WithTool((Amount amount) => amount.Text, "pay")
            .WithTool(string (string text) => throw new InvalidOperationException("it is closed"), "fail"));
        var app = builder.Build();
        app.MapAgentStream("/chat");
        await app.StartAsync();
        return app;
    }

    private static async Task<string> ChatAsync(WebApplication app, string session)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var content = new StringContent($$"""{"prompt":"{{Prompt}}","session_id":"{{session}}"}""", Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(new Uri($"{app.Urls.First()}/chat"), content).Within();
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Has a rule of its own, and repeats what breaks it.</summary>
    private sealed record Amount
    {
        public Amount(string text) => Text = text.Any(char.IsDigit) ? text : throw new FormatException($"'{text}' is no amount");

        public string Text { get; }
    }

    /// <summary>What is logged at the level Debug and higher.</summary>
    private sealed class Lines : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> All => _lines;

        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

        public void Dispose()
        {
        }

        private sealed class Logger(string category, ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (IsEnabled(logLevel))
                {
                    lines.Enqueue($"{category} {formatter(state, exception)} {exception}");
                }
            }
        }
    }
}
