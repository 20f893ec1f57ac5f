using System.Text.Json;
using Microsoft.Playwright;

namespace AgentStream.System.Tests;

/// <summary>Whatever a model says, nothing of it runs, and nothing of it is loaded.</summary>
public sealed class PageSafetyTests(Chromium chromium) : BrowserTests(chromium)
{
    private const string Evil = """
        <script>window.ran = 1; alert(1)</script>

        Words <img src=x onerror="window.ran = 2; alert(2)"> and <svg onload="window.ran = 3"></svg>

        [one](javascript:window.ran=4) [two](data:text/html,<script>alert(5)</script>) [three](JaVaScRiPt:alert(6)) [good](https://good.example/page)

        ![pixel](https://evil.example/pixel.png) ![pixel](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDcpIi8+)

        <iframe src="https://evil.example/frame"></iframe><style>* { background: url(https://evil.example/style) }</style>

        | <img src=x onerror=alert(8)> |
        | --- |
        | <script>alert(9)</script> |
        """;

    [Fact]
    public async Task Nothing_in_a_history_runs()
    {
        await using var silo = await SiloProcess.StartAsync();
        await ImportMessagesAsync(silo, "evil", Evil, Evil);
        await IsHarmlessAsync(silo, await Browser.NewContextAsync());
    }

    [Fact]
    public async Task Nothing_in_an_answer_that_streams_runs()
    {
        await using var silo = await SiloProcess.StartAsync();
        var context = await Browser.NewContextAsync();
        await context.RouteAsync("**/chat/evil", route => route.FulfillAsync(new() { Json = new { session_id = "evil", status = "live", nodes = Array.Empty<object>() } }));
        await context.RouteAsync("**/chat/evil/stream", route => route.FulfillAsync(new() { ContentType = "text/event-stream", Body = string.Concat(Frames()) }));
        await IsHarmlessAsync(silo, context);
    }

    [Fact]
    public async Task Even_markup_that_got_into_the_page_would_not_run()
    {
        await using var silo = await SiloProcess.StartAsync();
        var page = await OpenAsync(silo);
        var refused = page.WaitForConsoleMessageAsync(new() { Predicate = message => message.Text.Contains("Content Security Policy", StringComparison.Ordinal) });
        await page.EvaluateAsync("document.getElementById('transcript').innerHTML = '<img src=\"data:,x\" onerror=\"window.ran = 1\">'");
        await refused;
        Assert.True(await page.EvaluateAsync<bool>("window.ran === undefined"));
    }

    [Fact]
    public async Task A_text_that_would_read_the_other_way_round_is_shown_with_a_sign_in_it()
    {
        await using var silo = await SiloProcess.StartAsync();
        await ImportMessagesAsync(silo, "turned", "open \u202Efdp.exe", "It is \u2067safe\u2069 to open.");
        var page = await OpenAsync(silo, "#s=turned");
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync("open \u2426fdp.exe");
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync("It is \u2426safe\u2426 to open.");
        await Assertions.Expect(page.Locator("#sessions .title")).ToHaveTextAsync("open \u2426fdp.exe");
    }

    private async Task IsHarmlessAsync(SiloProcess silo, IBrowserContext context)
    {
        var (said, asked) = (new List<string>(), new List<string>());
        context.Dialog += (_, dialog) =>
        {
            said.Add(dialog.Message);
            _ = dialog.DismissAsync();
        };
        context.Request += (_, request) => asked.Add(request.Url);
        var page = await OpenAsync(silo, "#s=evil", context);
        var answer = page.GetByTestId("answer");
        await Assertions.Expect(answer.Locator("table")).ToContainTextAsync("<script>alert(9)</script>");
        await Assertions.Expect(answer).ToContainTextAsync("<script>window.ran = 1; alert(1)</script>");

        // What would run, runs at the latest when the page has been drawn.
        await page.EvaluateAsync("new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 100)))");
        Assert.True(await page.EvaluateAsync<bool>("window.ran === undefined"));
        Assert.Empty(said);
        Assert.All(asked, url => Assert.StartsWith(silo.Url.ToString(), url, StringComparison.Ordinal));
        Assert.Equal(0, await page.Locator("main :is(img, iframe, script, style, object, embed, form, input)").CountAsync());
        Assert.Equal(
            ["https://good.example/page", "https://evil.example/pixel.png"],
            await answer.Locator("a").EvaluateAllAsync<string[]>("links => links.map(link => link.href)"));
        Assert.Equal(
            ["noopener noreferrer nofollow"], (await answer.Locator("a").EvaluateAllAsync<string[]>("links => links.map(link => link.rel)")).Distinct());
    }

    /// <summary>The answer in pieces, so that each cut in it is shown for a moment.</summary>
    private static IEnumerable<string> Frames()
    {
        var number = 0;
        string Frame(string type, object body) => $"id: {++number}-0\ndata: {JsonSerializer.Serialize(new { type, origin = "x", body })}\n\n";
        yield return Frame("begin", new { session_id = "evil" });
        yield return Frame("event", new { idx = 0, @event = "llm-begin" });
        yield return Frame("event", new { idx = 0, @event = "part_start", event_idx = 0, part_kind = "text", content = "" });
        foreach (var piece in Evil.Chunk(7))
        {
            yield return Frame("event", new { idx = 0, @event = "part_delta", event_idx = 0, part_delta_kind = "text", content_delta = new string(piece) });
        }

        yield return Frame("event", new { idx = 0, @event = "llm-end" });
        yield return Frame("end", new { });
    }
}
