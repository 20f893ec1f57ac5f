using System.Net;
using System.Net.Http.Json;
using AgentStream.TestTools;

namespace AgentStream.Deploy.Tests.Proxy;

/// <summary>A silo is stopped behind the proxy.</summary>
public sealed class DrainTests(SilosBehindProxy silos) : IClassFixture<SilosBehindProxy>
{
    private const int Sessions = 6;

    [Fact]
    public async Task A_drain_cuts_no_answer_and_no_new_request_fails()
    {
        using var seen = new CountdownEvent(Sessions);
        var listeners = Enumerable.Range(0, Sessions).Select(at => ListenAsync($"s{at}", seen)).ToList();
        silos.Model.Say("one ");
        await Task.WhenAny(Task.Run(seen.Wait), Task.WhenAny(listeners).Unwrap()).Within("each listener has the first word");
        if (listeners.Find(listener => listener.IsCompleted) is { } early)
        {
            Assert.Fail($"A listener has ended early, after {(await early).Count} events.");
        }

        // New sessions, all the time, also while the proxy has not noticed yet.
        var draining = silos.Silos[0].StopAsync();
        var asked = 0;
        await Wait.Until(
            async () =>
            {
                await AskAsync(asked++);
                return silos.Log.Contains("is DOWN", StringComparison.Ordinal);
            },
            "the proxy notices that the silo drains");
        Assert.False(draining.IsCompleted, "The silo ended while it drained.");

        // The delay is longer than this test: a second order ends it.
        var stops = silos.Silos[0].StopAsync();
        do
        {
            await AskAsync(asked++);
        }
        while (!stops.IsCompleted);
        Assert.Equal(0, (await stops).ExitCode);
        await draining;

        silos.Model.Say("two ");
        silos.Model.End();
        var all = await Task.WhenAll(listeners).Within("each listener has its end");
        Assert.All(all, frames => Assert.Equal(frames.Select(frame => frame.Id).Distinct(), frames.Select(frame => frame.Id)));
        Assert.All(all, frames => Assert.Contains(frames, frame => frame.Data.Contains("\"two \"", StringComparison.Ordinal)));
        foreach (var at in Enumerable.Range(0, Sessions))
        {
            // Each run ended well, wherever: the answer is whole, and there once.
            Assert.Equal(1, Count(await silos.Http.GetStringAsync($"chat/s{at}/messages"), "one two "));
        }
    }

    private async Task AskAsync(int number)
    {
        try
        {
            using var answer = await silos.Http.PostAsJsonAsync("chat", new { prompt = "count to 3", session_id = $"n{number}", agent = "demo" }).Within("the prompt is answered");
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{(int)answer.StatusCode} {text}");
            Assert.Contains("3", text, StringComparison.Ordinal);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Prompt {number} at {DateTime.UtcNow:HH:mm:ss.fff}. The proxy:\n{silos.Log}\nThe silos:\n{string.Join("\n--\n", silos.Silos.Select(silo => silo.Output))}", e);
        }
    }

    /// <summary>As a client does: a connection that breaks is followed by another, after the last cursor.</summary>
    private async Task<List<SseFrame>> ListenAsync(string session, CountdownEvent seen)
    {
        var frames = new List<SseFrame>();
        var request = () => SseReader.Ask(new { prompt = "hello", session_id = session, agent = "stepped" });
        while (true)
        {
            using var response = await silos.Http.SendAsync(await request(), HttpCompletionOption.ResponseHeadersRead).Within("the response begins");
            Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}\n{silos.Log}");
            if (response.StatusCode == HttpStatusCode.NoContent)
            {
                // There is nothing more.
                return frames;
            }

            using var reader = new SseReader(response);
            try
            {
                while (await reader.ReadAsync() is { } frame)
                {
                    frames.Add(frame);
                    if (frame.Data.Contains("\"one \"", StringComparison.Ordinal) && frames.Count(one => one.Data.Contains("\"one \"", StringComparison.Ordinal)) == 1)
                    {
                        seen.Signal();
                    }
                }
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                // Broken off.
            }

            var last = frames[^1].Id;
            request = () => Task.FromResult(new HttpRequestMessage(HttpMethod.Get, $"chat/{session}/stream") { Headers = { { "Last-Event-ID", last } } });
        }
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
