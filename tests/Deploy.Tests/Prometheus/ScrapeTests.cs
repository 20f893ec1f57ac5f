using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.Deploy.Tests.Prometheus;

/// <summary>The queries of the dashboard and of the alerts, asked of a Prometheus that scrapes silos to which all of it has happened.</summary>
public sealed class ScrapeTests
{
    private const string Key = "a-key-of-these-tests";
    private const int PromptsPerMinute = 60;

    [Fact]
    public async Task Every_query_parses_and_asks_for_what_the_silos_say()
    {
        await using var redis = await RedisServer.StartAsync(isDurable: true);
        using var silo = await StartAsync("a", redis);
        using var lost = await StartAsync("b", redis);
        using var folder = new ScrapeFolder(Key);
        folder.Scrape(silo.Url!, lost.Url!);

        var port = Ports.Free();
        await using var prometheus = Tool.Start("prometheus", folder.Path, "--config.file=prometheus.yml", $"--storage.tsdb.path={folder.Path}/data", $"--web.listen-address=127.0.0.1:{port}");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        await prometheus.ServesAsync(http, "-/ready");

        using var asking = new HttpClient { BaseAddress = silo.Url, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Key) } };
        await ServeAsync(asking, redis, silo, lost, http);

        // Rates need a second scrape of the last that began.
        string[] lasts = ["""agentstream_runs_total{agentstream_run_outcome="recovered"}""", "agentstream_store_outages_total", """agentstream_http_refused_total{http_response_status_code="429"}"""];
        foreach (var last in lasts)
        {
            await Wait.Until(async () => (await AskAsync(http, $"count_over_time({last}[5m]) > 1")).Count > 0, $"two scrapes of {last}");
        }

        var queries = Query.OfDashboard().Select(query => (query, IsPanel: true)).Concat(Query.OfAlerts().Select(query => (query, IsPanel: false))).ToList();
        Assert.True(queries.Count(query => query.IsPanel) >= 12, "The dashboard has panels.");
        await BecomesEmptyAsync("faults", async () =>
        {
            var wrong = new List<string>();
            foreach (var (query, isPanel) in queries)
            {
                wrong.AddRange(await FaultsAsync(http, query, isPanel));
            }

            return wrong;
        });

        // The alerts are loaded, and none of them fails.
        Assert.Equal(Alert.All.Select(alert => alert.Name), (await RulesAsync(http)).Select(rule => rule.GetProperty("name").GetString()));
        await BecomesEmptyAsync("rules that are not ok", async () => (await RulesAsync(http)).Where(rule => Text(rule, "health") != "ok" || Text(rule, "lastError") != "").Select(rule => rule.ToString()));
        await BecomesEmptyAsync("outages that do not fire", async () => (await RulesAsync(http))
            .Where(rule => Text(rule, "name") == "AgentStreamStoreOutage" && Text(rule, "state") != "firing").Select(rule => rule.ToString()));
    }

    /// <summary>Waits until there are none of what is asked for: Prometheus may be late with a scrape, or with looking at its rules.</summary>
    private static async Task BecomesEmptyAsync(string what, Func<Task<IEnumerable<string>>> ask)
    {
        string[] last = [];
        try
        {
            await Wait.Until(async () => (last = [.. await ask()]).Length == 0, $"no {what}");
        }
        catch (TimeoutException)
        {
            Assert.Fail($"There are {what}:\n{string.Join('\n', last)}");
        }
    }

    private static async Task<IEnumerable<JsonElement>> RulesAsync(HttpClient http) =>
        (await http.GetFromJsonAsync<JsonElement>("api/v1/rules")).GetProperty("data").GetProperty("groups")[0].GetProperty("rules").EnumerateArray();

    private static string Text(JsonElement rule, string property) => rule.TryGetProperty(property, out var text) ? text.GetString()! : "";

    private static async Task<SiloProcess> StartAsync(string name, RedisServer redis)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)));
        var silo = new SiloProcess(name, Repository.SiloProgram,
        [
            $"--ConnectionStrings:redis={redis.Configuration}",
            "--AgentStream:Telemetry:Prometheus=true",
            "--AgentStream:Demo:TokenDelay=2ms",
            "--AgentStream:Lease=3s",
            "--AgentStream:RedisTimeout=1m",
            "--AgentStream:Limits:PerUser:PromptsPerMinute=" + PromptsPerMinute.ToString(CultureInfo.InvariantCulture),
            $"--Authentication:Schemes:ApiKeys:0:Hash={hash}",
            "--Authentication:Schemes:ApiKeys:0:User=anna",
        ]);
        await silo.StartAsync();
        return silo;
    }

    /// <summary>What the metrics tell of: runs that complete and crash, tokens, a store that goes away, a silo that dies, requests that fail and are refused.</summary>
    private static async Task ServeAsync(HttpClient asking, RedisServer redis, SiloProcess silo, SiloProcess lost, HttpClient prometheus)
    {
        Assert.Equal(HttpStatusCode.OK, await PromptAsync(asking, "done", "count to 20"));
        Assert.Equal(HttpStatusCode.OK, await PromptAsync(asking, "broken", "fail"));

        // Runs at both silos, which outlive what follows.
        using var live = new HttpClient { BaseAddress = asking.BaseAddress, DefaultRequestHeaders = { Authorization = asking.DefaultRequestHeaders.Authorization } };
        var open = new List<HttpResponseMessage>();
        foreach (var number in Enumerable.Range(1, 12))
        {
            open.Add(await SseReader.OpenAsync(live, () => SseReader.Ask(new { prompt = "count to 100000", session_id = $"live{number}" })));
        }

        string[] both = [silo.Url!.Authority, lost.Url!.Authority];
        foreach (var instance in both)
        {
            await Wait.Until(async () => (await AskAsync(prometheus, $"agentstream_runs_live{{instance=\"{instance}\"}} > 0")).Count > 0, $"{instance} has runs");
        }

        redis.Kill();
        await Wait.Until(async () => (await AskAsync(prometheus, $"agentstream_store_outages_total{{instance=\"{silo.Url!.Authority}\"}} > 0")).Count > 0, "the outage is told");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PromptAsync(asking, "away", "count to 2"));
        await redis.RestartAsync();
        await Wait.Until(async () => await PromptAsync(asking, "back", "count to 2") == HttpStatusCode.OK, "the store is back");

        lost.Kill();
        await Wait.Until(async () => (await AskAsync(prometheus, """agentstream_runs_total{agentstream_run_outcome="recovered"} > 0""")).Count > 0, "runs of the lost silo are recovered");

        // The first ones may have been at the lost silo, which was scraped once: a rate needs two scrapes.
        foreach (var (session, prompt) in new[] { ("done2", "count to 20"), ("broken2", "fail") })
        {
            await Wait.Until(async () => await PromptAsync(asking, session, prompt) == HttpStatusCode.OK, $"'{prompt}' runs at the other silo");
        }

        await Wait.Until(async () => await PromptAsync(asking, "often", "count to 1") == HttpStatusCode.TooManyRequests, "a limit is met");
        open.ForEach(response => response.Dispose());
    }

    private static async Task<HttpStatusCode> PromptAsync(HttpClient http, string session, string prompt)
    {
        using var answer = await http.PostAsJsonAsync("chat", new { prompt, session_id = session }).Within("the prompt is answered");
        return answer.StatusCode;
    }

    private static async Task<IEnumerable<string>> FaultsAsync(HttpClient http, Query query, bool isPanel)
    {
        using var answer = await http.GetAsync($"api/v1/query?query={Uri.EscapeDataString(query.Expression)}");
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        if (body.GetProperty("status").GetString() != "success")
        {
            return [$"{query.From}: {body.GetProperty("error").GetString()}"];
        }

        var faults = new List<string>();
        if (isPanel && body.GetProperty("data").GetProperty("result").GetArrayLength() == 0)
        {
            faults.Add($"{query.From}: no result for {query.Expression}");
        }

        var labels = new HashSet<string>(["le"]);
        Assert.NotEmpty(query.Selectors);
        foreach (var selector in query.Selectors)
        {
            var series = await AskAsync(http, $"last_over_time({selector}[10m])");
            if (series.Count == 0)
            {
                faults.Add($"{query.From}: no silo says {selector}");
            }

            labels.UnionWith(series.SelectMany(one => one.GetProperty("metric").EnumerateObject().Select(label => label.Name)));
        }

        return [.. faults, .. query.Labels.Except(labels).Select(label => $"{query.From}: no metric has the label {label}")];
    }

    private static async Task<List<JsonElement>> AskAsync(HttpClient http, string query)
    {
        var answer = await http.GetFromJsonAsync<JsonElement>($"api/v1/query?query={Uri.EscapeDataString(query)}");
        return [.. answer.GetProperty("data").GetProperty("result").EnumerateArray()];
    }
}
