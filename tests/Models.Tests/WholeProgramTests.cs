using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using AgentStream.Grains.Hosting;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.Models.Tests;

/// <summary>An agent from the configuration alone, in a program of a few lines.</summary>
public sealed class WholeProgramTests
{
    [Fact]
    public async Task A_configured_agent_answers_in_events()
    {
        await using var model = await ModelServer.StartAsync(
            Reply.Stream(Reply.Delta("""{"reasoning_content":"Hm"}"""), Reply.Text("Hel"), Reply.Text("lo"), Reply.Finish(), Reply.Done),
            Reply.Stream(Reply.Text("Bye"), Reply.Finish(), Reply.Done));
        await using var app = await StartAsync(model);

        Assert.Equal(
            [
                """{"session_id":"s1"}""",
                """{"idx":0,"event":"llm-begin"}""",
                """{"idx":0,"event":"part_start","event_idx":0,"part_kind":"thinking","content":"Hm"}""",
                """{"idx":0,"event":"part_start","event_idx":1,"part_kind":"text","content":"Hel"}""",
                """{"idx":0,"event":"answer"}""",
                """{"idx":0,"event":"part_delta","event_idx":1,"part_delta_kind":"text","content_delta":"lo"}""",
                """{"idx":0,"event":"llm-end"}""",
            ],
            await ChatAsync(app, """{"prompt":"hello","session_id":"s1"}"""));
        await ChatAsync(app, """{"prompt":"and now?","session_id":"s1","agent":"assistant"}""");

        var (first, second) = (model.Requests[0], model.Requests[1]);
        Assert.Equal($"Bearer {ModelServer.ApiKey}", first.Authorization);
        Assert.Equal(("\"tiny\"", "0.5", "100"), (first["model"], first["temperature"], first["max_tokens"]));
        Assert.Equal("""[{"role":"system","content":"Be brief."},{"role":"user","content":"hello"}]""", first["messages"]);
        Assert.Equal(
            """[{"role":"system","content":"Be brief."},{"role":"user","content":"hello"},{"role":"assistant","content":"Hello"},{"role":"user","content":"and now?"}]""",
            second["messages"]);
    }

    [Fact]
    public async Task What_an_endpoint_refuses_is_left_out_and_thinking_can_be_set()
    {
        await using var model = await ModelServer.StartAsync(Reply.Stream(
            Reply.Delta("""{"reasoning_content":"Hm"}"""), Reply.Text("Hi"), Reply.Finish(), Reply.Done));
        await using var app = await StartAsync(
            model,
            settings: [new("Omit:0", "stream_options"), new("Omit:1", "max_tokens"), new("ReasoningEffort", "High"), new("ReasoningOutput", "None")]);
        var events = await ChatAsync(app, """{"prompt":"hello","session_id":"s1"}""");
        Assert.DoesNotContain(events, body => body.Contains("Hm", StringComparison.Ordinal));
        Assert.Equal(
            (null, null, "0.5", "\"high\""),
            (model.Requests[0]["stream_options"], model.Requests[0]["max_tokens"], model.Requests[0]["temperature"], model.Requests[0]["reasoning_effort"]));
    }

    [Fact]
    public async Task Broken_arguments_go_back_to_the_model()
    {
        await using var model = await ModelServer.StartAsync(
            Reply.Stream(Reply.Delta("""{"tool_calls":[{"index":0,"id":"call_a","function":{"name":"time","arguments":"{\"x\""}}]}"""), Reply.Finish("tool_calls")),
            Reply.Stream(Reply.Text("Sorry"), Reply.Finish()));
        await using var app = await StartAsync(model);
        await ChatAsync(app, """{"prompt":"hello","session_id":"s1"}""");

        var messages = model.Requests[1].Body.GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal("""{"role":"assistant","content":null,"tool_calls":[{"id":"call_a","type":"function","function":{"name":"time","arguments":"{}"}}]}""", messages[^2].GetRawText());
        var told = messages[^1].GetProperty("content").GetString();
        Assert.StartsWith("The arguments of time cannot be used: ", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "crashed - the model 'tiny' answered 401 Unauthorized: Incorrect API key provided: ***")]
    [InlineData(false, "crashed - the model 'tiny' answered 401")]
    public async Task A_refusal_ends_the_run_in_words_and_the_key_is_nowhere(bool details, string said)
    {
        await using var model = await ModelServer.StartAsync(
            Reply.Status(500, "", ("Retry-After", "0")),
            Reply.Status(401, $$$"""{"error":{"message":"Incorrect API key provided: {{{ModelServer.ApiKey}}}"}}"""));
        using var logs = new Logs();
        await using var app = await StartAsync(
            model, logs, builder => builder.Services.Configure<AgentStreamOptions>(options => options.IncludeDetailedErrors = details));

        var events = await ChatAsync(app, """{"prompt":"hello","session_id":"s1"}""");
        Assert.Equal(said, JsonElement.Parse(events[^1]).GetProperty("msg").GetString());

        // The run's crash is logged, with the exception; that shows that the net is out.
        Assert.Contains(logs.Lines, line => line.Contains(nameof(ModelException), StringComparison.Ordinal));
        Assert.DoesNotContain(logs.Lines, line => line.Contains(ModelServer.ApiKey, StringComparison.Ordinal));
        Assert.Equal(2, model.Requests.Count);
        Assert.All(model.Requests, request => Assert.Equal($"Bearer {ModelServer.ApiKey}", request.Authorization));
    }

    [Fact]
    public async Task A_configured_agents_requests_go_through_the_hosts_handlers_and_leave_no_line_in_the_log()
    {
        await using var model = await ModelServer.StartAsync(Reply.Stream(Reply.Text("Hi"), Reply.Finish()));
        using var logs = new Logs();
        using var handler = new CountingHandler();
        await using var app = await StartAsync(model, logs, builder => builder.Services.AddModelHttpClient().AddHttpMessageHandler(() => handler));
        await ChatAsync(app, """{"prompt":"hello","session_id":"s1"}""");
        Assert.Equal(1, handler.Requests);
        Assert.DoesNotContain(logs.Lines, line => line.Contains("HTTP request", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Configured_agents_come_first_and_those_from_code_stay()
    {
        await using var model = await ModelServer.StartAsync(
            Reply.Stream(Reply.Text("one"), Reply.Finish()), Reply.Stream(Reply.Text("two"), Reply.Finish()));
        using var coded = new OpenAIChatClient("coded", null, model.Endpoint);
        await using var app = await StartAsync(
            model, agents: builder => builder.AddAgent("coded", agent => agent.UseChatClient(_ => coded)));

        await ChatAsync(app, """{"prompt":"hello","session_id":"s1"}""");
        await ChatAsync(app, """{"prompt":"hello","session_id":"s2","agent":"coded"}""");
        Assert.Equal(["\"tiny\"", "\"coded\""], model.Requests.Select(request => request["model"]));
    }

    [Fact]
    public async Task The_MCP_servers_of_a_configured_agent_are_asked_for_its_tools()
    {
        await using var model = await ModelServer.StartAsync(Reply.Stream(Reply.Text("never"), Reply.Finish()));
        await using var app = await StartAsync(model, settings: KeyValuePair.Create("McpServers:files:Command", "no-such-program"));
        var events = await ChatAsync(app, """{"prompt":"hello","session_id":"s1"}""");
        Assert.StartsWith(
            "crashed - MCP server 'files' cannot be used: ", JsonElement.Parse(events[^1]).GetProperty("msg").GetString(), StringComparison.Ordinal);
        Assert.Empty(model.Requests);
    }

    private static async Task<WebApplication> StartAsync(
        ModelServer model, ILoggerProvider? logs = null, Action<AgentStreamBuilder>? agents = null, params KeyValuePair<string, string>[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace);
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs);
        }

        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AgentStream:Journal"] = "memory",
            ["AgentStream:GracePeriod"] = "1h",
            ["AgentStream:Agents:assistant:Model"] = "tiny",
            ["AgentStream:Agents:assistant:Endpoint"] = model.Endpoint.ToString(),
            ["AgentStream:Agents:assistant:ApiKey"] = ModelServer.ApiKey,
            ["AgentStream:Agents:assistant:Instructions"] = "Be brief.",
            ["AgentStream:Agents:assistant:Temperature"] = "0.5",
            ["AgentStream:Agents:assistant:MaxOutputTokens"] = "100",
        });
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create($"AgentStream:Agents:assistant:{setting.Key}", (string?)setting.Value)));
        var added = builder.AddAgentStream().AddConfiguredAgents(builder.Configuration);
        agents?.Invoke(added);

        var app = builder.Build();
        app.MapAgentStream("/chat");
        await app.StartAsync();
        return app;
    }

    /// <summary>Runs a prompt and gives the bodies of its events.</summary>
    private static async Task<List<string>> ChatAsync(WebApplication app, string json)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{app.Urls.First()}/chat") { Content = content };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
        response.EnsureSuccessStatusCode();
        return await ReadAsync().Within();

        async Task<List<string>> ReadAsync()
        {
            var bodies = new List<string>();
            await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
            {
                bodies.Add(JsonElement.Parse(item.Data).GetProperty("body").GetRawText());
            }

            return bodies;
        }
    }

    /// <summary>All that a program logs, at any level, and what the SDK tells event listeners.</summary>
    private sealed class Logs : EventListener, ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            _lines.Enqueue($"{state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{formatter(state, exception)} {exception}");

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name.Contains("ClientModel", StringComparison.Ordinal)
                || eventSource.Name.Contains("OpenAI", StringComparison.Ordinal))
            {
                EnableEvents(eventSource, EventLevel.LogAlways);
            }
        }

        // The base class may call this before this one's fields are there.
        protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
            _lines?.Enqueue($"{eventData.EventName} {string.Join(' ', eventData.Payload ?? new([]))}");
    }
}
