using System.Net;
using System.Text;
using AgentStream.AspNetCore.Requests;
using AgentStream.TestTools;

namespace AgentStream.AspNetCore.Tests;

/// <summary>A long history that nobody reads is held a few times for a user, not as often as they ask.</summary>
[Collection(LongBodies.Name)]
public sealed class LongAnswerTests
{
    [Fact]
    public async Task Whoever_does_not_read_an_answer_waits_for_the_next()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        using var http = WholeProgram.NewClient(app);

        // More than the buffers of both ends of a connection take.
        var history = $$"""
            [{"kind":"request","parts":[{"part_kind":"user-prompt","content":"a"}]},{"kind":"response","parts":[{"part_kind":"text","content":"{{new string('x', 15_000_000)}}"}]}]
            """;
        using var imported = await http.PutAsync("/chat/long/messages", new StringContent(history, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.NoContent, imported.StatusCode);

        var held = new List<HttpResponseMessage>();
        for (var i = 0; i < LongAnswerFilter.MostPerUser; i++)
        {
            held.Add(await http.GetAsync("/chat/long/messages", HttpCompletionOption.ResponseHeadersRead).Within());
        }

        var next = http.GetAsync("/chat/long/messages", HttpCompletionOption.ResponseHeadersRead);
        using var other = await http.GetAsync("/chat?limit=1").Within();
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.False(next.IsCompleted);
        held.ForEach(answer => answer.Dispose());
        using var last = await next.Within();
        Assert.Contains(new string('x', 15_000_000), await last.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
