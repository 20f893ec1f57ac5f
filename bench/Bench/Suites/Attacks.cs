using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using AgentStream.Bench.Stages;
using AgentStream.TestTools;

namespace AgentStream.Bench.Suites;

/// <summary>What one user can do to the others of a silo: the most memory that it takes, and how long another user's prompts take meanwhile.</summary>
internal static class Attacks
{
    private const int Body = 16_600_000;
    private const double MostMiB = 400;
    private const double MostRatio = 2;
    internal const string Attacker = "the-key-of-the-user-who-attacks-0";
    internal const string Other = "the-key-of-the-user-who-has-to-wait";

    private static readonly string[] Lifted = ["LiveRuns", "QueuedPrompts", "Sessions", "PromptsPerMinute"];
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task RunAsync(Stage stage)
    {
        await MeasureAsync(stage, "none", _ => Task.Delay(stage.Pick(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1))));
        var (bodies, zeros) = (stage.Pick(400, 16), Zeros());
        await MeasureAsync(stage, Text($"{bodies} bodies of 16.6 MB of [0,0,...], 16 at a time"), silo => ManyAsync(bodies, 16, _ => silo.UploadAsync(HttpMethod.Post, "api/chat", zeros)));
        var gets = stage.Pick(120_000, 2_000);
        await MeasureAsync(stage, Text($"{gets:#,0} GETs of unknown sessions"), silo => ManyAsync(gets, 16, async i =>
        {
            using var answer = await silo.SendAsync(HttpMethod.Get, $"chat/unknown-{i}");
        }));
        await ImportsAsync(stage, "");
        var folder = Directory.CreateTempSubdirectory("agentstream-bench-");
        try
        {
            await ImportsAsync(stage, ", without Redis", "--ConnectionStrings:redis=", $"--AgentStream:JournalPath={Path.Combine(folder.FullName, "sessions.db")}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        await MeasureAsync(stage, "40 uploads that stop at 15.9 of 16.6 MB", silo => HeldAsync(silo, 40));
        await MeasureAsync(stage, "500 listeners that do not read", silo => StalledAsync(silo, stage.Pick(500, 20)));
        var (sessionsThatWait, promptsEach) = (stage.Pick(30, 3), stage.Pick(100, 10));
        await MeasureAsync(
            stage, Text($"{sessionsThatWait * promptsEach:#,0} prompts that wait; here, a queued prompt"), silo => WaitAsync(silo, sessionsThatWait, promptsEach), silo => silo.QueuedPromptAsync(), [.. NoLimits(), "--AgentStream:Demo:TokenDelay=00:00:00.020"]);
        await MeasureAsync(
            stage, "40 who list the sessions of other libraries", silo => ManyAsync(stage.Pick(4_000, 200), 40, async _ =>
            {
                using var answer = await silo.SendAsync(HttpMethod.Get, "chat?include_foreign=true");
                silo.Count($"GET {(int)answer.StatusCode}");
            }),
            null, "--AgentStream:ListExternalSessions=true");
    }

    private static async Task ImportsAsync(Stage stage, string where, params string[] settings)
    {
        var imports = stage.Pick(40, 4);
        await MeasureAsync(
            stage, Text($"{imports} imports of 16.6 MB into one session, then 12 GETs of it{where}"), async silo =>
            {
                await ManyAsync(imports, 4, _ => silo.ImportAsync("big"));
                await ManyAsync(12, 4, async _ =>
                {
                    using var answer = await silo.SendAsync(HttpMethod.Get, "chat/big");
                    silo.Count($"GET {(int)answer.StatusCode}");
                });
            },
            null,
            settings);
        var sessions = stage.Pick(60, 4);
        await MeasureAsync(
            stage, Text($"{sessions} sessions, each with an import of 16.6 MB{where}"), silo => ManyAsync(sessions, 4, i => silo.ImportAsync($"big-{i}")), null, settings);
    }

    private static string[] NoLimits() =>
        [.. Lifted.Select(limit => $"--AgentStream:Limits:PerUser:{limit}=1000000")];

    // Sessions with a run that does not end, and prompts behind it. They are all deleted afterwards.
    private static async Task WaitAsync(AttackTarget silo, int sessions, int prompts)
    {
        var filling = new string('x', 10_000);
        await ManyAsync(sessions, 4, async session =>
        {
            using var run = await silo.SendAsync(HttpMethod.Post, "chat", Ask($"waits-{session}", "count to 100000", "reject"), HttpCompletionOption.ResponseHeadersRead);
            silo.Count($"run {(int)run.StatusCode}");
        });
        await ManyAsync(sessions * prompts, 8, async i =>
        {
            using var waiting = await silo.SendAsync(HttpMethod.Post, "chat", Ask($"waits-{i % sessions}", filling, "queue"), HttpCompletionOption.ResponseHeadersRead);
            silo.Count($"queued {(int)waiting.StatusCode}");
        });
        await Task.Delay(TimeSpan.FromSeconds(10));
    }

    internal static byte[] Ask(string session, string prompt, string onBusy) => Encoding.UTF8.GetBytes($$"""{"session_id":"{{session}}","prompt":"{{prompt}}","on_busy":"{{onBusy}}"}""");

    private static async Task MeasureAsync(Stage stage, string attack, Func<AttackTarget, Task> go, Func<AttackTarget, Task<double>>? ask = null, params string[] settings)
    {
        ask ??= silo => silo.PromptAsync();
        await stage.ClearAsync();
        using var program = ChildProgram.Silo(
        [
            $"--ConnectionStrings:redis={stage.Redis.Configuration}", $"--AgentStream:RedisPrefix={RedisServer.NewPrefix()}", "--AgentStream:Demo:TokenDelay=00:00:00",
            .. Key(0, Attacker, "attacker"), .. Key(1, Other, "other"), .. ChildProgram.OnFreePort(), .. settings,
        ]);
        using var silo = new AttackTarget(await program.UrlAsync());
        for (var i = 0; i < 20; i++)
        {
            await ask(silo);
        }

        var usual = new List<double>();
        for (var i = 0; i < stage.Pick(60, 10); i++)
        {
            usual.Add(await ask(silo));
            await Task.Delay(Pause);
        }

        var (meanwhile, before) = (new List<double>(), program.PeakMemory);
        var attacking = go(silo);
        while (!attacking.IsCompleted || meanwhile.Count < 5)
        {
            meanwhile.Add(await ask(silo));
            await Task.Delay(Pause);
        }

        await attacking;
        var peak = new Figure("MiB", [program.PeakMemory / 1048576.0]);
        stage.Report.Add(new("attacks", $"{attack}: the silo's most memory", peak, "before it", new("MiB", [before / 1048576.0]), Goal.AtMost(MostMiB, "≤ 400 MiB")));
        stage.Report.Add(new(
            "attacks", $"{attack}: a prompt of another user", new("ms", [Figure.MedianOf(meanwhile)]), "before it", new("ms", [Figure.MedianOf(usual)]), Goal.RatioAtMost(MostRatio)));
        stage.Report.Note(Text(
            $"attacks, {attack}: {meanwhile.Count} prompts of the other user, {silo.Failures} failed, the longest took {meanwhile.Max():0} ms; {program.WorkingSet / 1048576.0:0} MiB afterwards. {silo.Answers}"));
    }

    private static string[] Key(int number, string key, string user) =>
    [
        $"--Authentication:Schemes:ApiKeys:{number}:Hash={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}", $"--Authentication:Schemes:ApiKeys:{number}:User={user}",
    ];

    private static Task ManyAsync(int count, int atOnce, Func<int, Task> work) =>
        Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (i, _) => await work(i));

    private static byte[] Zeros()
    {
        var text = new StringBuilder(Body).Append("{\"id\":\"b\",\"messages\":[0");
        while (text.Length < Body - 4)
        {
            text.Append(",0");
        }

        return Encoding.ASCII.GetBytes(text.Append("]}").ToString());
    }

    // As many messages as a body may have: 26 JSON tokens a pair, of 500,000.
    internal static byte[] History()
    {
        const int Pairs = 19_000;
        var filling = new string('x', (Body / Pairs) - 140);
        var pair = $$"""{"kind":"request","parts":[{"part_kind":"user-prompt","content":"a"}]},{"kind":"response","parts":[{"part_kind":"text","content":"{{filling}}"}]}""";
        return Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat(pair, Pairs))}]");
    }

    private static async Task HeldAsync(AttackTarget silo, int count)
    {
        var (part, open) = (new byte[15_900_000], new List<TcpClient>());
        part.AsSpan().Fill((byte)' ');
        for (var i = 0; i < count; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(silo.Url.Host, silo.Url.Port);
            open.Add(client);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT /chat/held-{i}/messages HTTP/1.1\r\nHost: {silo.Url.Authority}\r\nAuthorization: Bearer {Attacker}\r\nContent-Type: application/json\r\nContent-Length: {Body}\r\n\r\n"));
        }

        var clock = Stopwatch.StartNew();
        await Task.WhenAll(open.Select(async client =>
        {
            using (client)
            {
                var sending = SendAsync(client, part);
                using var answer = new StreamReader(client.GetStream());
                silo.Count($"upload: {(await answer.ReadLineAsync())?.Split(' ')[1] ?? "closed"}");
                client.Close();
                await sending;
            }
        }));
        silo.Count(Text($"the last after {clock.Elapsed.TotalSeconds:0} s"));
    }

    private static async Task SendAsync(TcpClient client, byte[] part)
    {
        try
        {
            await client.GetStream().WriteAsync(part);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The silo does not take more.
        }
    }

    private static async Task StalledAsync(AttackTarget silo, int count)
    {
        using var started = await silo.SendAsync(HttpMethod.Post, "chat", Encoding.UTF8.GetBytes("""{"prompt":"count to 100000","session_id":"long"}"""), HttpCompletionOption.ResponseHeadersRead);
        started.EnsureSuccessStatusCode();
        var open = new List<TcpClient>();
        for (var i = 0; i < count; i++)
        {
            var client = new TcpClient { ReceiveBufferSize = 4_096 };
            await client.ConnectAsync(silo.Url.Host, silo.Url.Port);
            open.Add(client);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /chat/long/stream HTTP/1.1\r\nHost: {silo.Url.Authority}\r\nAuthorization: Bearer {Attacker}\r\n\r\n"));
        }

        // Not less than the silo waits for them.
        await Task.Delay(TimeSpan.FromSeconds(40));
        var buffer = new byte[64 * 1024];
        foreach (var client in open)
        {
            using (client)
            {
                silo.Count(await EndsAsync(client, buffer));
            }
        }
    }

    private static async Task<string> EndsAsync(TcpClient client, byte[] buffer)
    {
        var length = 0L;
        try
        {
            while (await client.GetStream().ReadAsync(buffer) is var read and > 0)
            {
                length += read;
                if (length > 8 << 20)
                {
                    return "listener: still served";
                }
            }
        }
        catch (IOException)
        {
            // Reset.
        }

        return "listener: closed";
    }

    internal static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
