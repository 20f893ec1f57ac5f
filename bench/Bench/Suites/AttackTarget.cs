using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;

namespace AgentStream.Bench.Suites;

/// <summary>The silo, as its two users see it.</summary>
internal sealed class AttackTarget(Uri url) : IDisposable
{
    private static readonly byte[] Import = Attacks.History();

    private readonly HttpClient _attacker = Client(url, Attacks.Attacker);
    private readonly HttpClient _other = Client(url, Attacks.Other);
    private readonly ConcurrentDictionary<string, int> _answers = new();

    public Uri Url => url;

    public int Failures { get; private set; }

    public string Answers => string.Join(", ", _answers.OrderBy(answer => answer.Key, StringComparer.Ordinal).Select(answer => Attacks.Text($"{answer.Value} x {answer.Key}")));

    public void Count(string answer) => _answers.AddOrUpdate(answer, 1, (_, count) => count + 1);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? body = null, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        }

        return await _attacker.SendAsync(request, until);
    }

    public Task ImportAsync(string session) => UploadAsync(HttpMethod.Put, $"chat/{session}/messages", Import);

    public async Task UploadAsync(HttpMethod method, string path, byte[] body)
    {
        try
        {
            using var answer = await SendAsync(method, path, body);
            Count($"{method} {(int)answer.StatusCode}");
        }
        catch (HttpRequestException)
        {
            // It was refused before all of it was sent.
            Count($"{method}: closed");
        }
    }

    /// <summary>A prompt of the other user that waits behind another one, from the end of that one's answer to the end of its own.</summary>
    /// <returns>Milliseconds.</returns>
    public async Task<double> QueuedPromptAsync()
    {
        var session = Guid.NewGuid().ToString();
        try
        {
            using var first = new HttpRequestMessage(HttpMethod.Post, "chat") { Content = new ByteArrayContent(Attacks.Ask(session, "hello", "reject")) { Headers = { ContentType = new("application/json") } } };
            using var running = await _other.SendAsync(first, HttpCompletionOption.ResponseHeadersRead);
            using var second = new HttpRequestMessage(HttpMethod.Post, "chat") { Content = new ByteArrayContent(Attacks.Ask(session, "hello", "queue")) { Headers = { ContentType = new("application/json") } } };
            var waiting = _other.SendAsync(second);
            await running.Content.ReadAsStringAsync();
            var clock = Stopwatch.GetTimestamp();
            using var answer = await waiting;
            Failures += answer.IsSuccessStatusCode && running.IsSuccessStatusCode ? 0 : 1;
            return Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
        }
        catch (HttpRequestException)
        {
            Failures++;
            return 0;
        }
    }

    /// <summary>A prompt of the other user, to the end of its answer.</summary>
    /// <returns>Milliseconds.</returns>
    public async Task<double> PromptAsync()
    {
        var clock = Stopwatch.GetTimestamp();
        try
        {
            using var answer = await _other.PostAsync("chat", new StringContent("""{"prompt":"hello"}""", Encoding.UTF8, "application/json"));
            Failures += answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (HttpRequestException)
        {
            Failures++;
        }

        return Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
    }

    public void Dispose()
    {
        _attacker.Dispose();
        _other.Dispose();
    }

    private static HttpClient Client(Uri url, string key) =>
        new() { BaseAddress = url, Timeout = TimeSpan.FromMinutes(5), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
}
