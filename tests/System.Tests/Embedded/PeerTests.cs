using System.Net;
using System.Text;
using AgentStream.Testing;

namespace AgentStream.System.Tests.Embedded;

/// <summary><c>agentstream --redis</c> as a silo beside others; on the Orleans engine it is a client, and runs nothing.</summary>
public sealed class PeerTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Fact]
    public async Task A_peer_runs_the_agents_that_it_was_told_of()
    {
        using var model = new HttpListener();
        var address = $"http://127.0.0.1:{Ports.Free()}/";
        model.Prefixes.Add(address);
        model.Start();
        await using var asking = ProgramProcess.Start("CliProgram", ["ask", "hi", "-s", "s1", "-q", "--redis", redis.Server.Configuration], new()
        {
            ["AgentStream__RedisPrefix"] = RedisServer.NewPrefix(),
            ["AgentStream__Agents__assistant__Model"] = "tiny",
            ["AgentStream__Agents__assistant__Endpoint"] = address,
        });
        var request = await model.GetContextAsync().Within("the model is asked");
        request.Response.ContentType = "text/event-stream";
        await request.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes("""
            data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}

            data: {"choices":[{"index":0,"delta":{"content":" there."},"finish_reason":"stop"}]}

            data: [DONE]


            """));
        request.Response.Close();
        Assert.Equal((0, "Hello there.\n", ""), await asking.EndAsync());
    }
}
