using System.Globalization;
using System.Text;
using System.Text.Json;
using AgentStream.Storage;
using AgentStream.Storage.Ownership;
using AgentStream.Storage.Tailing;
using AgentStream.TestTools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentStream.Grains.Tests.ForeignWrites;

/// <summary>Another program writes random types and values into every kind of key, one after the other, under two silos with live runs. Only the session whose keys they are may notice.</summary>
public sealed class RandomWritesTests
{
    private const int Writes = 200;

    // After so many it is waited until both silos have looked for runs to recover.
    private const int Settled = 10;

    private static readonly int Seed =
        int.TryParse(Environment.GetEnvironmentVariable("AGENTSTREAM_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : 20_251_125;

    private static readonly SessionKey Victim = new(1, 1, "victim");
    private static readonly UserKey Others = new(2, 2);

    [Fact]
    public async Task Both_silos_live_and_no_other_session_and_no_other_list_notices()
    {
        await using var server = await RedisServer.StartAsync();
        using var raw = await server.ConnectAsync();
        var prefix = RedisServer.NewPrefix();
        var model = new Counter();
        await using var one = await StartAsync(server, prefix, model);
        await using var two = await StartAsync(server, prefix, model);
        TestSilos[] silos = [one, two];
        var counting = await Task.WhenAll(CountAsync(one, "one", model), CountAsync(two, "two", model));

        var random = new Random(Seed);
        string[] ids = [.. silos.Select(silo => silo.Services.GetRequiredService<SiloIdentity>().Id)];
        string[] words =
        [
            "", "x", "garbage", "nan", "-1", "0", "1", "99999999999999999999", "1-1", "0-0", "1:1:foo", "1:1", ":::", $"{Victim}", "2:2:one", "2:2:two", "{}", "[", "null", "ü😀",
            "{\"run_id\":\"r\",\"agent\":\"scripted\",\"prompt\":\"word\",\"timestamp\":\"2026-01-01T00:00:00Z\"}", new('x', 2_000), "dead", .. ids,
        ];
        var writer = new Writer(raw, random, words);
        string[] keys =
        [
            $"{Victim}", $"{Victim}:live", $"{Victim}:run", $"#journal:{Victim}", "#journals:1:1", "#titles:1:1", $"#waiting:{Victim}", $"#prompts:{Victim}", "#waiting:1:1", "#registry:1:1", "#waiting", "#silos", "#silo:dead", "#silo:dead:runs",
            "#silo:nobody", "#silo:nobody:runs", .. ids.SelectMany(id => (string[])[$"#silo:{id}", $"#silo:{id}:runs"]),
        ];
        var story = new StringBuilder();
        for (var i = 0; i < Writes; i++)
        {
            var silo = silos[i % 2];
            await MakeVictimAsync(silo, raw, prefix);
            story.AppendLine(CultureInfo.InvariantCulture, $"{i}: {await writer.WriteAsync($"{prefix}:{keys[i % keys.Length]}")}");
            await raw.CallAsync("PUBLISH", $"{prefix}:#silo:{ids[i % 2]}:notice", words[random.Next(words.Length)]);
            await raw.CallAsync("PUBLISH", $"{prefix}:{Victim}:notice", words[random.Next(words.Length)]);
            if (i % Settled == 0)
            {
                await HaveLookedAsync(raw, prefix, i);
            }

            var key = new SessionKey(3, 3, $"s{i}");
            var answer = await silo.RunAsync(key, Counter.Word);
            True(answer.Contains("\"content\":\"word\"", StringComparison.Ordinal) && answer.EndsWith("end\n", StringComparison.Ordinal), answer);
            var live = await silos[(i + 1) % 2].Client.GetLiveSessionsAsync(Others);
            True(live.Select(session => session.Session).SequenceEqual(["one", "two"]), string.Join(' ', live.Select(session => session.ToString())));
            True(silos.All(IsAlive), "a silo stops");
        }

        // All that runs in the background is still at work.
        for (var i = 0; i < silos.Length; i++)
        {
            await Wait.Until(async () => await raw.NumberAsync("PTTL", $"{prefix}:#silo:{ids[i]}") > 7_000, "the lease to be renewed");
            await IsCanceledWithoutANoticeAsync(silos[i], raw, prefix, new(4, 4, $"c{i}"));
            await WaitsItsTurnAsync(silos[i], new(4, 6, $"w{i}"));
        }

        await IsTakenOverAsync(one, new(4, 5, "abandoned"));
        True(silos.All(IsAlive), "a silo stops");

        model.Enough.SetResult();
        foreach (var (name, transcript) in counting)
        {
            Assert.Equal(Counter.Word + string.Concat(Enumerable.Range(1, model.Counts[$"{Counter.Count} {name}"]).Select(n => $" {n}")), Text(await transcript));
        }

        void True(bool condition, string seen) => Assert.True(condition, $"Seed {Seed}, seen: {seen}\nafter:\n{story}");
    }

    private static Task<TestSilos> StartAsync(RedisServer server, string prefix, Counter model) => TestSilos.StartAsync(
        server.Configuration,
        model,
        _ => { },
        _ => { },
        storage: storage => (storage.RedisPrefix, storage.Journal, storage.Lease) = (prefix, "redis", TimeSpan.FromSeconds(10)));

    private static bool IsAlive(TestSilos silo) => !silo.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;

    private static async Task<(string Name, Task<string> Transcript)> CountAsync(TestSilos silo, string name, Counter model)
    {
        var key = new SessionKey(Others.Scope, Others.User, name);
        await silo.Client.StartAsync(key, new RunRequest($"{Counter.Count} {name}"));
        var events = new StringBuilder();
        var listening = Task.Run(async () =>
        {
            await foreach (var entry in silo.Services.GetRequiredService<StreamHub>().ListenAsync(key))
            {
                events.Append(CultureInfo.InvariantCulture, $"{entry.Type} {Encoding.UTF8.GetString(entry.Body.Span)}\n");
            }

            return events.ToString();
        });
        await Wait.Until(() => model.Counts.ContainsKey($"{Counter.Count} {name}"), "the counting");
        return (name, listening);
    }

    /// <summary>Sees to it that the victim has a run, as far as what was made of its keys lets it; where they do not, an operator takes them away.</summary>
    private static async Task MakeVictimAsync(TestSilos silo, RawRedis raw, string prefix)
    {
        try
        {
            await silo.Client.StartAsync(Victim, new RunRequest(Counter.Wait, OnBusy: BusySessionBehavior.Queue));
        }
        catch (Exception exception) when (exception is AgentStreamException or InvalidDataException)
        {
            await raw.CallAsync(
                "DEL", $"{prefix}:{Victim}", $"{prefix}:{Victim}:live", $"{prefix}:{Victim}:run", $"{prefix}:#journal:{Victim}", $"{prefix}:#waiting:{Victim}", $"{prefix}:#prompts:{Victim}");
        }
    }

    private static async Task HaveLookedAsync(RawRedis raw, string prefix, int number)
    {
        // A silo that looks takes it out.
        for (var look = 0; look < 2; look++)
        {
            var silo = FormattableString.Invariant($"gone-{number}-{look}");
            await raw.CallAsync("SADD", $"{prefix}:#silo:{silo}:runs", "garbage");
            await Wait.Until(
                async () =>
                {
                    // The list of silos may be something else at the moment.
                    await raw.CallAsync("EVAL", "return redis.pcall('SADD', KEYS[1], ARGV[1]) and 1", "1", $"{prefix}:#silos", silo);
                    return await raw.NumberAsync("EVAL", "return redis.call('EXISTS', KEYS[1])", "1", $"{prefix}:#silo:{silo}:runs") == 0;
                },
                "a silo to look");
        }
    }

    private static async Task IsCanceledWithoutANoticeAsync(TestSilos silo, RawRedis raw, string prefix, SessionKey key)
    {
        await silo.Client.StartAsync(key, new RunRequest(Counter.Wait));
        var listening = silo.TranscriptAsync(key);
        await raw.CallAsync("DEL", $"{prefix}:{key}:live");
        Assert.EndsWith("error {\"msg\":\"canceled\"}\nend\n", await listening, StringComparison.Ordinal);
    }

    private static async Task IsTakenOverAsync(TestSilos silo, SessionKey key)
    {
        var log = silo.Services.GetRequiredService<IStreamStore>();
        await log.StartAsync(new RunToken(key, "lost", "run"));
        await log.RenewLeaseAsync("lost", TimeSpan.Zero);
        Assert.Contains("the process that ran it is gone", await silo.TranscriptAsync(key), StringComparison.Ordinal);
    }

    private static async Task WaitsItsTurnAsync(TestSilos silo, SessionKey key)
    {
        await silo.Client.StartAsync(key, new RunRequest(Counter.Wait));
        var second = await silo.Client.StartAsync(key, new RunRequest(Counter.Word, OnBusy: BusySessionBehavior.Queue));
        Assert.True(await silo.Client.CancelAsync(key));
        await Wait.Until(
            async () => await silo.Services.GetRequiredService<IStreamStore>().FindRunAsync(key) is { HasEnded: true } run && run.Run.RunId == second.RunId, "the prompt that waits to have its turn");
    }

    private static string Text(string transcript)
    {
        Assert.EndsWith("end \n", transcript, StringComparison.Ordinal);
        Assert.DoesNotContain(transcript.Split('\n'), line => line.StartsWith("info ", StringComparison.Ordinal) || line.StartsWith("error ", StringComparison.Ordinal));
        return string.Concat(transcript.Split('\n').Where(line => line.StartsWith("event ", StringComparison.Ordinal)).Select(line =>
        {
            var body = JsonDocument.Parse(line["event ".Length..]).RootElement;
            return (body.TryGetProperty("content", out var start) ? start.GetString() : body.TryGetProperty("content_delta", out var delta) ? delta.GetString() : null) ?? "";
        }));
    }
}
