using System.Collections.Concurrent;
using System.Net.Http.Json;
using AgentStream.TestTools;
using Microsoft.Playwright;

namespace AgentStream.System.Tests;

/// <summary>Many conversations on the chat page, and one in many places.</summary>
public sealed class PageSessionsTests(Chromium chromium) : BrowserTests(chromium)
{
    [Fact]
    public async Task Sessions_are_listed_opened_with_their_history_and_deleted_when_that_is_confirmed()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        var page = await OpenAsync(silo);
        await AskAsync(page, "what is 12*7?");
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync("12*7 is 84.");
        await page.GetByTestId("new-chat").ClickAsync();
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveCountAsync(0);
        await AskAsync(page, "what is 12*8?");
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync("12*8 is 96.");
        await Assertions.Expect(page.Locator("#sessions .title")).ToHaveTextAsync(["what is 12*8?", "what is 12*7?"]);
        await Assertions.Expect(page.Locator("#sessions [aria-current]")).ToContainTextAsync("what is 12*8?");

        // In another browser, which has never seen it.
        var other = await OpenAsync(silo);
        await other.GetByTestId("session").Filter(new() { HasText = "what is 12*7?" }).ClickAsync();
        await Assertions.Expect(other.GetByTestId("message-user")).ToHaveTextAsync(["what is 12*7?"]);
        await Assertions.Expect(other.GetByTestId("answer")).ToHaveTextAsync(["12*7 is 84."]);
        await Assertions.Expect(other.GetByTestId("tool-result")).ToHaveTextAsync("84");

        await other.GetByRole(AriaRole.Button, new() { Name = "Delete what is 12*7?" }).ClickAsync();
        await other.GetByRole(AriaRole.Button, new() { Name = "Keep" }).ClickAsync();
        await Assertions.Expect(other.GetByTestId("session")).ToHaveCountAsync(2);
        await other.GetByRole(AriaRole.Button, new() { Name = "Delete what is 12*7?" }).ClickAsync();
        await other.GetByTestId("delete-yes").ClickAsync();
        await Assertions.Expect(other.Locator("#sessions .title")).ToHaveTextAsync(["what is 12*8?"]);
        await Assertions.Expect(other.GetByTestId("message-user")).ToHaveCountAsync(0);

        using var http = new HttpClient { BaseAddress = silo.Url };
        Assert.DoesNotContain("what is 12*7?", await http.GetStringAsync("chat?all=true"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_tabs_on_one_session_stay_in_step_whichever_of_them_asks()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=00:00:00.010");
        var one = await OpenAsync(silo, "#s=shared");
        var two = await OpenAsync(silo, "#s=shared", one.Context);
        await AskAsync(one, "count to 100000");
        await Assertions.Expect(two.GetByTestId("message-user")).ToHaveTextAsync(["count to 100000"]);
        await Assertions.Expect(two.GetByTestId("answer")).ToContainTextAsync("1 2 3 ");

        // Long before it would end by itself.
        await two.GetByTestId("stop").ClickAsync();
        foreach (var page in new[] { one, two })
        {
            await Assertions.Expect(page.GetByTestId("error")).ToHaveAttributeAsync("data-kind", "canceled");
            await Assertions.Expect(page.GetByTestId("stop")).ToBeHiddenAsync();
        }

        await AskAsync(two, "what is 12*7?");
        foreach (var page in new[] { one, two })
        {
            await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync(["count to 100000", "what is 12*7?"]);
            await Assertions.Expect(page.GetByTestId("answer").Last).ToHaveTextAsync("12*7 is 84.");
            await Assertions.Expect(page.GetByTestId("tool-call")).ToHaveCountAsync(1);
        }

        var counted = (await one.GetByTestId("answer").First.InnerTextAsync()).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
        Assert.Equal(Enumerable.Range(1, counted.Count), counted);
        await Assertions.Expect(two.GetByTestId("answer").First).ToHaveTextAsync(string.Join(' ', counted));
    }

    [Fact]
    public async Task What_is_sent_before_the_history_is_there_goes_when_it_is()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        var context = await Browser.NewContextAsync();
        var (asked, answered) = (new TaskCompletionSource(), new TaskCompletionSource());
        await context.RouteAsync("**/chat/slow", async route =>
        {
            asked.TrySetResult();
            await answered.Task;
            await route.ContinueAsync();
        });
        var page = await OpenAsync(silo, "#s=slow", context);
        await asked.Task.Within("the history is asked for");
        await AskAsync(page, "what is 12*7?");
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveCountAsync(0);
        answered.SetResult();
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync("what is 12*7?");
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync("12*7 is 84.");
        await Assertions.Expect(page.GetByTestId("prompt")).ToHaveValueAsync("");
    }

    [Fact]
    public async Task Another_browser_sees_a_live_session_marked_and_follows_it_with_its_prompt()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=00:00:00.010");
        var one = await OpenAsync(silo);
        await AskAsync(one, "count to 100000");
        await Assertions.Expect(one.GetByTestId("answer")).ToContainTextAsync("1 2 3 ");
        var other = await OpenAsync(silo);
        await Assertions.Expect(other.Locator("#sessions [data-live=true]")).ToContainTextAsync("answering");
        await other.GetByTestId("session").ClickAsync();
        await Assertions.Expect(other.GetByTestId("message-user")).ToHaveTextAsync(["count to 100000"]);
        await Assertions.Expect(other.GetByTestId("answer")).ToContainTextAsync("1 2 3 ");
        await other.GetByTestId("stop").ClickAsync();
        await Assertions.Expect(one.GetByTestId("error")).ToHaveAttributeAsync("data-kind", "canceled");
        await Assertions.Expect(other.Locator("#sessions [data-live=true]")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_open_page_asks_for_nothing_and_shows_what_others_do_at_once()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        await ImportMessagesAsync(silo, "s", "hello", "Hello!");
        var context = await Browser.NewContextAsync();
        await context.Clock.InstallAsync();
        var sent = new ConcurrentQueue<string>();
        context.Request += (_, request) => sent.Enqueue($"{request.Method} {new Uri(request.Url).PathAndQuery}");
        var page = await OpenAsync(silo, "#s=s", context);
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync("Hello!");
        await Assertions.Expect(page.Locator("#sessions .title")).ToHaveTextAsync(["hello"]);
        await Wait.Until(() => sent.Contains("GET /chat/s/stream?follow=true"), "it waits for the next run");
        Assert.Contains("GET /chat/events", sent);
        sent.Clear();

        // Shorter than the silence after which a connection counts as dead.
        await context.Clock.FastForwardAsync(30_000);
        await page.EvaluateAsync("new Promise(requestAnimationFrame)");
        Assert.Empty(sent);

        // In the session that is shown, and in others. What the stream does not say, the prompt, is asked for once.
        using var http = new HttpClient { BaseAddress = silo.Url };
        await PromptAsync(http, "s", "what is 12*7?");
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync(["hello", "what is 12*7?"]);
        await Assertions.Expect(page.GetByTestId("answer").Last).ToHaveTextAsync("12*7 is 84.");
        await PromptAsync(http, "other", "what is 12*8?");
        await Assertions.Expect(page.Locator("#sessions .title")).ToHaveTextAsync(["what is 12*8?", "hello"]);
        await http.DeleteAsync(new Uri("chat/other", UriKind.Relative));
        await Assertions.Expect(page.Locator("#sessions .title")).ToHaveTextAsync(["hello"]);
        await http.DeleteAsync(new Uri("chat/s", UriKind.Relative));
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveCountAsync(0);
        Assert.All(sent, request => Assert.Equal("GET /chat/s", request));
    }

    private static async Task PromptAsync(HttpClient http, string session, string prompt)
    {
        using var answer = await http.PostAsJsonAsync("chat", new { prompt, session_id = session });
        await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    [Fact]
    public async Task On_a_phone_the_sessions_are_in_a_drawer_that_the_keyboard_can_use_too()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        await ImportMessagesAsync(silo, "s", "hello", "Hello!");
        var page = await OpenAsync(silo, options: new() { ViewportSize = new() { Width = 390, Height = 780 } });
        await Assertions.Expect(page.GetByTestId("new-chat")).ToBeHiddenAsync();
        await page.GetByTestId("menu").PressAsync("Enter");
        await Assertions.Expect(page.GetByTestId("new-chat")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.GetByTestId("new-chat")).ToBeHiddenAsync();
        await Assertions.Expect(page.GetByTestId("menu")).ToBeFocusedAsync();
        await page.GetByTestId("menu").ClickAsync();
        await page.GetByTestId("session").ClickAsync();
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync("Hello!");
        await Assertions.Expect(page.GetByTestId("new-chat")).ToBeHiddenAsync();
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
    }

    [Fact]
    public async Task Every_control_has_a_name_and_the_page_has_its_landmarks()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        await ImportMessagesAsync(silo, "s", "how?", "So:\n\n```cs\nvar a = 1;\n```");
        var page = await OpenAsync(silo, "#s=s");
        await Assertions.Expect(page.GetByTestId("copy")).ToBeVisibleAsync();
        foreach (var role in new[] { AriaRole.Banner, AriaRole.Navigation, AriaRole.Main, AriaRole.Contentinfo, AriaRole.Log })
        {
            await Assertions.Expect(page.GetByRole(role)).ToHaveCountAsync(1);
        }

        foreach (var role in new[] { AriaRole.Button, AriaRole.Link, AriaRole.Textbox })
        {
            Assert.NotEqual(0, await page.GetByRole(role).CountAsync());
            Assert.Equal(await page.GetByRole(role).CountAsync(), await page.GetByRole(role, new() { NameRegex = new(".+") }).CountAsync());
        }
    }
}
