using System.Net;
using AgentStream.TestTools;
using Microsoft.Playwright;

namespace AgentStream.System.Tests;

/// <summary>One conversation on the chat page.</summary>
public sealed class PageTests(Chromium chromium) : BrowserTests(chromium)
{
    [Fact]
    public async Task A_question_shows_thinking_the_tool_call_with_its_result_and_the_answer()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        var page = await OpenAsync(silo);
        await AskAsync(page, "what is 12*7?");

        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync("what is 12*7?");
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync("12*7 is 84.");
        await Assertions.Expect(page.GetByTestId("tool-name")).ToHaveTextAsync("calculate");
        await Assertions.Expect(page.GetByTestId("tool-args")).ToContainTextAsync("12*7");
        await Assertions.Expect(page.GetByTestId("tool-result")).ToContainTextAsync("84");
        await Assertions.Expect(page.GetByTestId("thinking")).ToContainTextAsync("I need a tool.");
        await Assertions.Expect(page.GetByTestId("stop")).ToBeHiddenAsync();
        await Assertions.Expect(page.GetByTestId("send")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_answer_streams_and_the_stop_button_ends_it()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=00:00:00.010");
        var page = await OpenAsync(silo);
        await AskAsync(page, "count to 100000");
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync("1 2 3 4 5 ");
        await page.GetByTestId("stop").ClickAsync();
        await Assertions.Expect(page.GetByTestId("stop")).ToBeHiddenAsync();
        await Assertions.Expect(page.GetByTestId("message-agent")).ToContainTextAsync("Canceled.");

        using var http = new HttpClient { BaseAddress = silo.Url };
        Assert.Equal("[]", await http.GetStringAsync("chat"));
    }

    [Fact]
    public async Task A_reload_in_the_middle_of_an_answer_goes_on_with_nothing_missing_and_nothing_twice()
    {
        using var model = new HeldModel();
        await using var silo = await SiloProcess.StartAsync(model.Arguments);
        var page = await OpenAsync(silo);
        await AskAsync(page, "count to 400");
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync(" 50 ");
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByTestId("stop")).ToBeVisibleAsync();
        model.Release();
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync(" 400");
        await Assertions.Expect(page.GetByTestId("stop")).ToBeHiddenAsync();

        var text = await page.GetByTestId("answer").InnerTextAsync();
        Assert.Equal(Enumerable.Range(1, HeldModel.Last), text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync("count to 400");
    }

    [Fact]
    public async Task A_phone_that_sleeps_until_the_stream_is_gone_shows_the_whole_answer_when_it_wakes()
    {
        using var model = new HeldModel();
        await using var silo = await SiloProcess.StartAsync([.. model.Arguments, "--AgentStream:GracePeriod=0s"]);
        var awake = new CuttingProxy(silo.Url);
        var address = awake.Url;
        var page = await OpenAsync(address);
        await AskAsync(page, "count to 400");
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync(" 50 ");
        var session = new Uri(page.Url).Fragment["#s=".Length..];

        // Nothing reaches it until nothing of the run is left but the history.
        await awake.DisposeAsync();
        await Assertions.Expect(page.GetByTestId("status")).ToContainTextAsync("Connection lost");
        model.Release();
        using var http = new HttpClient { BaseAddress = silo.Url };
        await Wait.Until(async () => (await http.GetAsync($"chat/{session}/stream", HttpCompletionOption.ResponseHeadersRead)).StatusCode == HttpStatusCode.NoContent, "the stream has expired");
        await using var again = new CuttingProxy(silo.Url, address.Port);
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync(" 400");
        await Assertions.Expect(page.GetByTestId("stop")).ToBeHiddenAsync();
        var text = await page.GetByTestId("answer").InnerTextAsync();
        Assert.Equal(Enumerable.Range(1, HeldModel.Last), text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));
    }

    [Fact]
    public async Task A_run_that_crashes_says_so()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        var page = await OpenAsync(silo);
        await AskAsync(page, "fail");
        await Assertions.Expect(page.GetByTestId("error")).ToContainTextAsync("The demo model failed");
        await Assertions.Expect(page.GetByTestId("stop")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_canceled_answer_says_so_and_can_be_asked_again_by_keyboard_alone()
    {
        using var model = new HeldModel();
        await using var silo = await SiloProcess.StartAsync(model.Arguments);
        var page = await OpenAsync(silo);
        await page.Keyboard.TypeAsync("count");
        await page.Keyboard.PressAsync("Shift+Enter");
        await page.Keyboard.TypeAsync("to 400");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync("count\nto 400");
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync("1 2 3 ");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.GetByTestId("error")).ToHaveAttributeAsync("data-kind", "canceled");
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeFocusedAsync();

        model.Release();
        await page.GetByTestId("retry").PressAsync("Enter");
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveCountAsync(2);
        await Assertions.Expect(page.GetByTestId("answer").Last).ToContainTextAsync(" 400");
        await Assertions.Expect(page.GetByTestId("retry")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_message_that_is_sent_while_an_answer_comes_waits_and_is_answered_then()
    {
        using var model = new HeldModel();
        await using var silo = await SiloProcess.StartAsync(model.Arguments);
        var page = await OpenAsync(silo);
        await AskAsync(page, "count to 400");
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync("1 2 3 ");
        await AskAsync(page, "once more");
        await Assertions.Expect(page.GetByTestId("queued")).ToContainTextAsync("once more");
        model.Release();
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync([" 400", " 400"]);
        await Assertions.Expect(page.GetByTestId("queued")).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync(["count to 400", "once more"]);
    }

    [Fact]
    public async Task A_lost_connection_is_told_and_so_is_that_it_is_back()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        var page = await OpenAsync(silo);
        await AskAsync(page, "what is 12*7?");
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync("12*7 is 84.");
        await page.Context.SetOfflineAsync(true);
        await Assertions.Expect(page.GetByTestId("status")).ToHaveTextAsync("Connection lost, trying again");
        await page.Context.SetOfflineAsync(false);
        await Assertions.Expect(page.GetByTestId("status")).ToHaveTextAsync("Connected again");
        await AskAsync(page, "what is 12*8?");
        await Assertions.Expect(page.GetByTestId("answer").Last).ToHaveTextAsync("12*8 is 96.");
    }

    [Fact]
    public async Task An_answer_and_its_code_can_be_copied_as_they_were_written()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        await ImportMessagesAsync(silo, "s", "how?", "**So:**\n\n```cs\nvar a = 1;\n```");
        var context = await Browser.NewContextAsync(new() { Permissions = ["clipboard-read", "clipboard-write"] });
        var page = await OpenAsync(silo, "#s=s", context);
        await Assertions.Expect(page.Locator(".answer strong")).ToHaveTextAsync("So:");
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy code" }).ClickAsync();
        await Assertions.Expect(page.Locator("#said")).ToHaveTextAsync("Copied");
        Assert.Equal("var a = 1;", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        await page.GetByTestId("copy").ClickAsync();
        await Assertions.Expect(page.GetByTestId("copy")).ToHaveTextAsync("Copied");
        Assert.Equal("**So:**\n\n```cs\nvar a = 1;\n```", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }
}
