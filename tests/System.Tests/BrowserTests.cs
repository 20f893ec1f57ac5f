using System.Net.Http.Json;
using AgentStream.TestTools;
using Microsoft.Playwright;

namespace AgentStream.System.Tests;

/// <summary>Tests of the chat page in a real browser, against a real silo.</summary>
public abstract class BrowserTests : IClassFixture<Chromium>, IAsyncLifetime
{
    private protected BrowserTests(Chromium chromium)
    {
        Browser = chromium.Browser;
        Assertions.SetDefaultExpectTimeout((float)Wait.Limit.TotalMilliseconds);
    }

    private protected IBrowser Browser { get; }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var context in Browser.Contexts.ToList())
        {
            await context.CloseAsync();
        }
    }

    /// <summary>Opens the page: in a browser of its own, or as another tab of one.</summary>
    private protected Task<IPage> OpenAsync(SiloProcess silo, string address = "", IBrowserContext? context = null, BrowserNewContextOptions? options = null) =>
        OpenAsync(new Uri(silo.Url, address), context, options);

    /// <summary>Opens a page of any server.</summary>
    private protected async Task<IPage> OpenAsync(Uri address, IBrowserContext? context = null, BrowserNewContextOptions? options = null)
    {
        var page = await (context ?? await Browser.NewContextAsync(options)).NewPageAsync();
        page.SetDefaultTimeout((float)Wait.Limit.TotalMilliseconds);
        await page.GotoAsync(address.ToString());
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
