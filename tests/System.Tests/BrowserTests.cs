using System.Net.Http.Json;
using AgentStream.TestTools;
using Microsoft.Playwright;

namespace AgentStream.System.Tests;

/// <summary>Tests of the chat page in a real browser, against a real silo.</summary>
public abstract class BrowserTests : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    private protected IBrowser Browser => _browser ?? throw new InvalidOperationException("The browser has not started.");

    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Chromium), $"{Chromium} is missing: run ./test.sh, which installs it.");
        Assertions.SetDefaultExpectTimeout((float)Wait.Limit.TotalMilliseconds);
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

    /// <summary>Opens the page: in a browser of its own, or as another tab of one.</summary>
    private protected async Task<IPage> OpenAsync(SiloProcess silo, string address = "", IBrowserContext? context = null, BrowserNewContextOptions? options = null)
    {
        var page = await (context ?? await Browser.NewContextAsync(options)).NewPageAsync();
        page.SetDefaultTimeout((float)Wait.Limit.TotalMilliseconds);
        await page.GotoAsync(new Uri(silo.Url, address).ToString());
        return page;
    }

    private protected static async Task AskAsync(IPage page, string prompt)
    {
        await page.GetByTestId("prompt").FillAsync(prompt);
        await page.GetByTestId("prompt").PressAsync("Enter");
    }

    /// <summary>Brings a session in: prompts and their answers in turn.</summary>
    private protected static async Task ImportMessagesAsync(SiloProcess silo, string session, params string[] words)
    {
        using var http = new HttpClient { BaseAddress = silo.Url };
        var messages = words.Select((text, at) => at % 2 == 0
            ? (object)new { kind = "request", parts = new[] { new { part_kind = "user-prompt", content = text, timestamp = "2026-03-04T05:06:07Z" } } }
            : new { kind = "response", model_name = "m", timestamp = "2026-03-04T05:06:08Z", parts = new[] { new { part_kind = "text", content = text } } });
        using var answer = await http.PutAsJsonAsync($"chat/{session}/messages", messages);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
