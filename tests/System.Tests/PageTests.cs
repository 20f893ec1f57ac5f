using AgentStream.Testing;
using Microsoft.Playwright;

namespace AgentStream.System.Tests;

/// <summary>The chat page in a real browser, against a real silo.</summary>
public sealed class PageTests : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    private IBrowser Browser => _browser ?? throw new InvalidOperationException("The browser has not started.");

    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Chromium), $"{Chromium} is missing: run ./test.sh, which installs it.");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

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
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=00:00:00.010");
        var page = await OpenAsync(silo);
        await AskAsync(page, "count to 400");
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync(" 50 ");
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByTestId("stop")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync(" 400", new() { Timeout = 30_000 });
        await Assertions.Expect(page.GetByTestId("stop")).ToBeHiddenAsync();

        var text = await page.GetByTestId("answer").InnerTextAsync();
        Assert.Equal(Enumerable.Range(1, 400), text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync("count to 400");
    }

    [Fact]
    public async Task What_a_model_says_is_text_and_never_markup()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=0");
        var page = await OpenAsync(silo);
        var said = new List<string>();
        page.Dialog += (_, dialog) => said.Add(dialog.Message);
        const string Markup = "<img src=x onerror=alert(1)><script>alert(2)</script>";
        await AskAsync(page, Markup);
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync(Markup);
        await Assertions.Expect(page.GetByTestId("answer")).Not.ToBeEmptyAsync();
        Assert.Empty(said);
        Assert.Equal(0, await page.Locator("main img").CountAsync());
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

    private async Task<IPage> OpenAsync(SiloProcess silo)
    {
        var page = await (await Browser.NewContextAsync()).NewPageAsync();
        page.SetDefaultTimeout((float)Wait.Limit.TotalMilliseconds);
        Assertions.SetDefaultExpectTimeout((float)Wait.Limit.TotalMilliseconds);
        await page.GotoAsync(silo.Url.ToString());
        return page;
    }

    private static async Task AskAsync(IPage page, string prompt)
    {
        await page.GetByTestId("prompt").FillAsync(prompt);
        await page.GetByTestId("send").ClickAsync();
    }
}
