using Microsoft.Playwright;

namespace AgentStream.System.Tests;

/// <summary>Takes the pictures of the page that are in the docs, into the directory that AGENTSTREAM_PICTURES names (docs/pictures.sh); without one, it sees that they can be taken.</summary>
public sealed class PagePictures(Chromium chromium) : BrowserTests(chromium)
{
    private const string Answer = """
        A **session** is a virtual actor; its run writes to a stream that any number of clients follow:

        1. `POST /chat` starts a run and answers with its events.
        2. `GET /chat/{id}/stream` follows it, behind any cursor.

        | what dies | what happens |
        | --- | --- |
        | a client | nothing: it comes back and misses nothing |
        | a silo | another continues its runs |

        ```cs
        var client = new AgentStreamHttpClient(new Uri("http://127.0.0.1:5080/chat"));
        Console.WriteLine(await client.AskAsync(session, "what is 12*7?"));
        ```
        """;

    [Fact]
    public async Task The_pictures_of_the_docs_can_be_taken()
    {
        await using var silo = await SiloProcess.StartAsync("--AgentStream:Demo:TokenDelay=00:00:00.030");
        await ImportMessagesAsync(silo, "trip", "Plan three days in Lisbon", "Gladly.");
        await ImportMessagesAsync(silo, "sql", "Why is this query slow?", "It scans the whole table.");
        await ImportMessagesAsync(silo, "how", "How does a session outlive its client?", Answer);
        var directory = Environment.GetEnvironmentVariable("AGENTSTREAM_PICTURES");
        var live = await OpenAsync(silo);
        await AskAsync(live, "count to 100000");
        await Assertions.Expect(live.GetByTestId("answer")).ToContainTextAsync("1 2 3 ");

        var desk = new ViewportSize { Width = 1100, Height = 720 };
        var tool = await OpenAsync(silo, options: new() { ViewportSize = desk, ColorScheme = ColorScheme.Light });
        await AskAsync(tool, "what is 12*7?");
        await Assertions.Expect(tool.GetByTestId("answer")).ToHaveTextAsync("12*7 is 84.");
        await Assertions.Expect(tool.GetByTestId("stop")).ToBeHiddenAsync();
        await TakeAsync(tool, "page.png");

        var sessions = await OpenAsync(silo, "#s=how", options: new() { ViewportSize = desk, ColorScheme = ColorScheme.Light });
        await TakeAsync(sessions, "page-sessions.png");
        await TakeAsync(await OpenAsync(silo, "#s=how", options: new() { ViewportSize = desk, ColorScheme = ColorScheme.Dark }), "page-dark.png");
        await TakeAsync(
            await OpenAsync(silo, "#s=how", options: new() { ViewportSize = new() { Width = 390, Height = 780 }, ColorScheme = ColorScheme.Light, DeviceScaleFactor = 2 }),
            "page-phone.png");

        async Task TakeAsync(IPage page, string name)
        {
            await Assertions.Expect(page.GetByTestId("answer").Last).ToBeVisibleAsync();
            await Assertions.Expect(page.Locator("#sessions [data-live=true]")).ToHaveCountAsync(1);
            var path = directory is null ? null : Path.Combine(directory, name);
            var picture = await page.ScreenshotAsync(new() { Path = path, Animations = ScreenshotAnimations.Disabled });
            Assert.True(picture.Length > 10_000);
        }
    }
}
