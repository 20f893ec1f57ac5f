using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using AgentStream.Bench.Stages;
using AgentStream.Testing;

namespace AgentStream.Bench.Suites;

/// <summary>What one user can do to the others of a silo: the most memory that it takes, and how long another user's prompts take meanwhile.</summary>
internal static class Attacks
{
    private const int Body = 16_600_000;
    private const double MostMiB = 400;
    private const double MostRatio = 2;
    private const string Attacker = "the-key-of-the-user-who-attacks-0";
    private const string Other = "the-key-of-the-user-who-has-to-wait";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task RunAsync(Stage stage)
    {
        await MeasureAsync(stage, "none", _ => Task.Delay(stage.Pick(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1))));
        await MeasureAsync(stage, "16 bodies of 16.6 MB of [0,0,...]", silo => ManyAsync(16, 16, _ => silo.UploadAsync(HttpMethod.Post, "api/chat", Zeros())));
        var gets = stage.Pick(120_000, 2_000);
        await MeasureAsync(stage, Text($"{gets:#,0} GETs of unknown sessions"), silo => ManyAsync(gets, 16, async i =>
        {
            using var answer = await silo.SendAsync(HttpMethod.Get, $"chat/unknown-{i}");
        }));
        var imports = stage.Pick(40, 4);
        await MeasureAsync(stage, Text($"{imports} imports of 16.6 MB into one session, then 12 GETs of it"), async silo =>
        {
            await ManyAsync(imports, 4, _ => silo.ImportAsync("big"));
            await ManyAsync(12, 4, async _ =>
            {
                using var answer = await silo.SendAsync(HttpMethod.Get, "chat/big");
                silo.Count($"GET {(int)answer.StatusCode}");
            });
        });
        var sessions = stage.Pick(60, 4);
        await MeasureAsync(stage, Text($"{sessions} sessions, each with an import of 16.6 MB"), silo => ManyAsync(sessions, 4, i => silo.ImportAsync($"big-{i}")));
        await MeasureAsync(stage, "40 uploads that stop at 15.9 of 16.6 MB", silo => HeldAsync(silo, 40));
        await MeasureAsync(stage, "500 listeners that do not read", silo => StalledAsync(silo, stage.Pick(500, 20)));
    }

    private static async Task MeasureAsync(Stage stage, string attack, Func<Target, Task> go)
    {
        await stage.ClearAsync();
        using var program = ChildProgram.Silo(
        [
            $"--ConnectionStrings:redis={stage.Redis.Configuration}", $"--AgentStream:RedisPrefix={RedisServer.NewPrefix()}", "--AgentStream:Demo:TokenDelay=00:00:00",
            .. Key(0, Attacker, "attacker"), .. Key(1, Other, "other"), .. ChildProgram.OnFreePort(),
        ]);
        using var silo = new Target(await program.UrlAsync());
        for (var i = 0; i < 20; i++)
        {
            await silo.PromptAsync();
        }

        var usual = new List<double>();
        for (var i = 0; i < stage.Pick(60, 10); i++)
        {
            usual.Add(await silo.PromptAsync());
            await Task.Delay(Pause);
        }

        var (meanwhile, before) = (new List<double>(), program.PeakMemory);
        var attacking = go(silo);
        while (!attacking.IsCompleted || meanwhile.Count < 5)
        {
            meanwhile.Add(await silo.PromptAsync());
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
    private static byte[] History()
    {
        const int Pairs = 19_000;
        var filling = new string('x', (Body / Pairs) - 140);
        var pair = $$"""{"kind":"request","parts":[{"part_kind":"user-prompt","content":"a"}]},{"kind":"response","parts":[{"part_kind":"text","content":"{{filling}}"}]}""";
        return Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat(pair, Pairs))}]");
    }

    private static async Task HeldAsync(Target silo, int count)
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

    private static async Task StalledAsync(Target silo, int count)
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

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>The silo, as its two users see it.</summary>
    private sealed class Target(Uri url) : IDisposable
    {
        private static readonly byte[] Import = History();

        private readonly HttpClient _attacker = Client(url, Attacker);
        private readonly HttpClient _other = Client(url, Other);
        private readonly ConcurrentDictionary<string, int> _answers = new();

        public Uri Url => url;

        public int Failures { get; private set; }

        public string Answers => string.Join(", ", _answers.OrderBy(answer => answer.Key, StringComparer.Ordinal).Select(answer => Text($"{answer.Value} x {answer.Key}")));

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
}
