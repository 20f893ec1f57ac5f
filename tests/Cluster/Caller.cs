using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using AgentStream.TestTools;

namespace AgentStream.Cluster;

/// <summary>
/// A client of the cluster, as one behind a load balancer: a call that one silo does not answer, or answers with 5xx, goes to the next, until it is answered.
/// </summary>
internal sealed class Caller(IReadOnlyList<SiloProcess> silos) : IDisposable
{
    private static readonly TimeSpan GiveUp = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly ConcurrentBag<string> _failures = [];
    private int _next;

    /// <summary>How many attempts failed.</summary>
    public int FailedAttempts => _failures.Count;

    /// <summary>What the failed attempts said, each once.</summary>
    public IEnumerable<string> Failures => _failures.GroupBy(failure => failure).Select(same => $"{same.Count()} x {same.Key}");

    /// <summary>Starts a run that continues for hours unless it is canceled. The same prompt is sent again, under the same key, until it is known to be accepted.</summary>
    /// <param name="session">The session.</param>
    /// <param name="orElse">What does as well; asked after each attempt that failed, since an earlier run may be in the way.</param>
    /// <returns>How long it took until the answer.</returns>
    public Task<TimeSpan> StartAsync(string session, Func<Task<bool>>? orElse = null)
    {
        var key = Guid.NewGuid().ToString();
        return CallAsync(
            () => new HttpRequestMessage(HttpMethod.Post, "chat")
            {
                Content = JsonContent.Create(new { prompt = "count to 100000", session_id = session, agent = "demo" }),
                Headers = { { "Idempotency-Key", key } },
            },
            status => status == HttpStatusCode.OK,
            orElse);
    }

    public Task<TimeSpan> CancelAsync(string session) =>
        CallAsync(() => new HttpRequestMessage(HttpMethod.Post, $"chat/{session}/cancel"), status => status == HttpStatusCode.OK);

    /// <summary>Asks for a session; that there is none is an answer.</summary>
    public Task<TimeSpan> GetAsync(string session) =>
        CallAsync(() => new HttpRequestMessage(HttpMethod.Get, $"chat/{session}"), status => status is HttpStatusCode.OK or HttpStatusCode.NotFound);

    public Task<TimeSpan> ListSessionsAsync() => CallAsync(() => new HttpRequestMessage(HttpMethod.Get, "chat"), status => status == HttpStatusCode.OK);

    public void Dispose() => _http.Dispose();

    private async Task<TimeSpan> CallAsync(Func<HttpRequestMessage> request, Func<HttpStatusCode, bool> isAnswer, Func<Task<bool>>? orElse = null)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < GiveUp)
        {
            var serving = silos.Where(silo => silo.Url is not null).ToList();
            var silo = serving[(int)((uint)Interlocked.Increment(ref _next) % serving.Count)];
            if (await IsAnsweredAsync(silo, request(), isAnswer) || (orElse is not null && await orElse()))
            {
                return clock.Elapsed;
            }

            await Task.Delay(Pause);
        }

        return clock.Elapsed;
    }

    private async Task<bool> IsAnsweredAsync(SiloProcess silo, HttpRequestMessage request, Func<HttpStatusCode, bool> isAnswer)
    {
        try
        {
            request.RequestUri = new Uri(silo.Url ?? throw new HttpRequestException("stopped"), request.RequestUri!);

            // A start answers with the run's events, for hours: who has read the headers knows that it took place, and goes away.
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (isAnswer(answer.StatusCode))
            {
                return true;
            }

            if (answer.StatusCode != HttpStatusCode.Conflict)
            {
                _failures.Add($"{silo.Name}: {(int)answer.StatusCode}");
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            _failures.Add($"{silo.Name}: {(e is HttpRequestException http ? http.HttpRequestError.ToString() : "no answer within 30 s")}");
        }
        finally
        {
            request.Dispose();
        }

        return false;
    }
}
