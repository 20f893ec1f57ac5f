using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace AgentStream.Mcp.Tests;

/// <summary>A server hears which trace a call is part of.</summary>
public sealed class TraceTests
{
    [Fact]
    public async Task A_call_tells_the_trace_that_it_is_in_and_no_baggage()
    {
        await using var server = await RawServer.StartAsync("""{"content":[]}""");
        await using var source = server.NewSource();
        var tool = (AIFunction)(await source.GetToolsAsync(CancellationToken.None)).Single();
        using var span = new Activity("execute_tool t").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("user", "somebody").Start();
        span.TraceStateString = "vendor=1";
        await tool.InvokeAsync(new AIFunctionArguments());

        var meta = server.Of("tools/call").Single().Parameters.GetProperty("_meta");
        Assert.Equal((span.Id, "vendor=1"), (meta.GetProperty("traceparent").GetString(), meta.GetProperty("tracestate").GetString()));
        Assert.DoesNotContain("somebody", meta.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_outside_of_a_trace_tells_of_none()
    {
        await using var server = await RawServer.StartAsync("""{"content":[]}""");
        await server.CallAsync();
        Assert.DoesNotContain("traceparent", server.Of("tools/call").Single().Parameters.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_whose_tools_are_on_a_server_tells_it_the_span_of_the_tool()
    {
        var tools = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "AgentStream",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (tools)
                {
                    tools.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await RawServer.StartAsync("""{"content":[]}""");
        await using var silos = await McpSilos.StartAsync(new ScriptedModel([Step.Call("only-here", "t")], [Step.Say("ok")]), agent => agent.WithMcpServer("tools", server.Url, TestServer.Patient));
        await silos.RunAsync();

        lock (tools)
        {
            var span = tools.Single(span => (string?)span.GetTagItem("gen_ai.tool.call.id") == "only-here");
            Assert.Equal(span.Id, server.Of("tools/call").Single().Parameters.GetProperty("_meta").GetProperty("traceparent").GetString());
        }
    }
}
