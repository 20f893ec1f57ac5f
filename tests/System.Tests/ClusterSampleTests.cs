using System.Net.Http.Json;
using System.Text.RegularExpressions;
using AgentStream.TestTools;
using Microsoft.Playwright;

namespace AgentStream.System.Tests;

/// <summary>The sample with Aspire: three silos, and the traces of their runs in the dashboard.</summary>
public sealed partial class ClusterSampleTests(Chromium chromium) : BrowserTests(chromium)
{
    // Another program can take a port after Aspire has chosen it for a silo, which then ends at once.
    private const int Tries = 3;

    [Fact]
    public async Task Three_silos_answer_and_the_dashboard_has_the_trace()
    {
        await using var redis = await RedisServer.StartAsync();
        for (var left = Tries; !await AnswersAsync(redis, isLast: left == 1); left--)
        {
        }
    }

    /// <returns>False when a silo has ended, and this is not the last try.</returns>
    private async Task<bool> AnswersAsync(RedisServer redis, bool isLast)
    {
        int[] ports = [Ports.Free(), Ports.Free(), Ports.Free(), Ports.Free()];
        await using var cluster = ProgramProcess.Start("ClusterProgram", [], new()
        {
            ["ConnectionStrings__redis"] = redis.Configuration,
            ["Port"] = $"{ports[0]}",
            ["ASPNETCORE_URLS"] = Local(ports[1]),
            ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = Local(ports[2]),
            ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = Local(ports[3]),
            ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
            ["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true",
        });
        await cluster.WritesAsync("Distributed application started.");
        using var http = new HttpClient { BaseAddress = new Uri(Local(ports[0])) };
        var page = await OpenAsync(new Uri(Local(ports[1])));
        var settled = page.GetByRole(AriaRole.Row).Filter(new() { HasTextRegex = SettledSilo() });
        var ended = settled.Filter(new() { HasNotTextRegex = RunningSilo() });
        try
        {
            await Wait.Until(async () => await IsReadyAsync(http) || await ended.CountAsync() > 0, "a silo to be ready, or to have ended");
        }
        catch (TimeoutException e)
        {
            Assert.Fail($"{e.Message} {await SeenAsync()}");
        }

        await Assertions.Expect(settled).ToHaveCountAsync(3);
        if (await settled.Filter(new() { HasTextRegex = RunningSilo() }).CountAsync() is var running and < 3)
        {
            Assert.False(isLast, $"{running} of 3 silos run. {await SeenAsync()}");
            return false;
        }

        using var answer = await http.PostAsJsonAsync("chat", new { prompt = "what is 12*7?" });
        Assert.Contains("84", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await page.GotoAsync($"{Local(ports[1])}/traces");
        await page.GetByText("POST /chat").First.ClickAsync();
        await Assertions.Expect(page.GetByText("execute_tool calculate").First).ToBeVisibleAsync();

        // The silos go with it.
        await cluster.InterruptAsync();
        await Wait.Until(async () => !await IsReadyAsync(http), "the silos to be gone");
        return true;

        async Task<string> SeenAsync() => $"The dashboard: {await page.Locator("body").InnerTextAsync()}\nThe program: {cluster.Output}\n{cluster.Errors}";
    }

    [GeneratedRegex("silo-.*Running", RegexOptions.Singleline)]
    private static partial Regex RunningSilo();

    [GeneratedRegex("silo-.*(Running|Finished|Exited|Failed)", RegexOptions.Singleline)]
    private static partial Regex SettledSilo();

    private static string Local(int port) => $"http://127.0.0.1:{port}";

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("health/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return false;
        }
    }
}
