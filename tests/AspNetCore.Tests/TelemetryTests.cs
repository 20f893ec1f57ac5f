using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

/// <summary>The trace of a request is that of its run, and refused requests are counted.</summary>
public sealed class TelemetryTests
{
    private readonly ConcurrentQueue<Activity> _spans = [];

    [Fact]
    public async Task A_run_is_in_the_trace_of_the_request_that_started_it()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "AgentStream" or "Microsoft.AspNetCore" or "Microsoft.Orleans.Application",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var model = new TwoWords();
        model.Continue.SetResult();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);
        var trace = ActivityTraceId.CreateRandom();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat")
        {
            Content = new StringContent("""{"prompt":"greet","session_id":"traced"}""", Encoding.UTF8, "application/json"),
            Headers = { { "traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01" }, { "Accept", "text/event-stream" } },
        };
        using var response = await http.SendAsync(request);
        await response.Content.ReadAsStringAsync();
        await Wait.Until(() => Run() is not null, "the run's span");

        Assert.Equal(trace, Run()!.TraceId);

        Activity? Run() => _spans.FirstOrDefault(span => span.OperationName == "invoke_agent greeter" && (string?)span.GetTagItem("gen_ai.conversation.id") == "traced");
    }

    [Fact]
    public async Task A_refused_request_is_counted_by_its_reason()
    {
        var refused = new ConcurrentQueue<string>();
        await using var app = await ChatApp.StartAsync();
        var factory = app.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "agentstream.http.refused" && instrument.Meter.Scope == factory)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => refused.Enqueue(string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")) + $" {value}"));
        listener.Start();
        using var bad = await app.PostChatAsync("""{"prompt":""}""");
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        await app.Sessions.StartAsync(ChatApp.Key("s1"), new RunRequest("hello"));
        using var busy = await app.PostChatAsync("""{"prompt":"again","session_id":"s1"}""");

        Assert.Equal(["error.type=400 http.response.status_code=400 1", "error.type=session_busy http.response.status_code=409 1"], refused);
    }
}
