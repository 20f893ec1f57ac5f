using System.Collections.Concurrent;
using System.Net;
using System.Text;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;

namespace AgentStream.AspNetCore.Tests.Security;

/// <summary>Twenty thousand requests, right and wrong, to all routes of a whole program: each gets an answer, and none is an error of the server.</summary>
public sealed class FuzzTests
{
    private const int Requests = 20_000;
    private const int AtOnce = 32;

    // They are all one user's.
    private const string TooMany = "Too many sessions are read at the same time. Try again later.";

    [Fact]
    public async Task No_request_makes_the_server_fail_or_hang()
    {
        using var model = new TwoWords();
        model.Continue.SetResult();
        await using var app = await WholeProgram.StartAsync(model, _ => { }, app =>
        {
            app.MapAgentStreamAiSdk();
            app.MapAgentStreamAgUi();
        });
        using var connections = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8, AllowAutoRedirect = false };
        using var http = new HttpClient(connections) { BaseAddress = new Uri(app.Urls.First()), Timeout = Timeout.InfiniteTimeSpan };
        var answers = new ConcurrentDictionary<int, int>();
        var failures = new ConcurrentQueue<string>();

        await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, cancellationToken) =>
        {
            using var request = new Fuzz(number).NewRequest();
            using var response = await http.SendAsync(request, cancellationToken).Within();
            var text = await response.Content.ReadAsStringAsync(cancellationToken).Within();
            answers.AddOrUpdate((int)response.StatusCode, 1, (_, count) => count + 1);
            if ((int)response.StatusCode >= 500 && !(response.StatusCode == HttpStatusCode.ServiceUnavailable && text.Contains(TooMany, StringComparison.Ordinal)))
            {
                failures.Enqueue($"{(int)response.StatusCode} to request {number}: {request.Method} {request.RequestUri}");
            }
        });

        Assert.Empty(failures);

        // What was right among them has worked, and so does the next.
        Assert.True(answers[200] > 1_000, string.Join(", ", answers));
        Assert.True(answers[400] > 1_000, string.Join(", ", answers));
        Assert.StartsWith("[", await http.GetStringAsync("/chat"), StringComparison.Ordinal);
    }
}
