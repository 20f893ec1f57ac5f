using System.Text;
using System.Text.Json;
using Microsoft.Playwright;

namespace AgentStream.System.Tests;

/// <summary>Calls that wait for a person, on the chat page.</summary>
public sealed class PageApprovalTests(Chromium chromium) : BrowserTests(chromium)
{
    private const string Ask = "delete my notes";
    private const string Deleted = "Your notes are deleted.";
    private const string Fast = "--AgentStream:Demo:TokenDelay=0";

    [Fact]
    public async Task An_approved_call_is_made_and_the_answer_continues_the_same_turn()
    {
        await using var silo = await SiloProcess.StartAsync(Fast);
        var page = await AskedAsync(silo);
        await Assertions.Expect(page.GetByRole(AriaRole.Group, new() { Name = "Approval of delete_notes" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Log).GetByTestId("approval-args")).ToHaveTextAsync("{}");
        await Assertions.Expect(page.Locator("[data-testid=tool-call] .tool-state")).ToHaveTextAsync("waiting");
        await Assertions.Expect(page.GetByTestId("stop")).ToBeHiddenAsync();
        await Assertions.Expect(page.GetByTestId("retry")).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByTestId("error")).ToHaveCountAsync(0);

        await page.GetByTestId("approval-approve").ClickAsync();
        await IsDeletedAsync(page);
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeFocusedAsync();

        await page.ReloadAsync();
        await IsDeletedAsync(page);
    }

    [Fact]
    public async Task A_denied_call_is_not_made_and_the_model_has_the_reason()
    {
        await using var silo = await SiloProcess.StartAsync(Fast);
        var page = await AskedAsync(silo);
        await page.GetByTestId("approval-reason").FillAsync("they are needed");
        await page.GetByTestId("approval-deny").ClickAsync();
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync("I did not delete your notes: they are needed.");
        await Assertions.Expect(page.GetByTestId("tool-result")).ToHaveTextAsync("they are needed");
        await Assertions.Expect(page.GetByTestId("approval")).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync([Ask]);
    }

    [Fact]
    public async Task Wrong_arguments_are_told_at_the_card_and_nothing_is_lost()
    {
        await using var silo = await SiloProcess.StartAsync(Fast);
        var page = await AskedAsync(silo);
        var sent = new List<string?>();
        await page.RouteAsync("**/approvals/*", async route =>
        {
            sent.Add(route.Request.PostData);
            await route.FulfillAsync(new()
            {
                Status = 400,
                ContentType = "application/problem+json",
                Body = """{"title":"Bad Request","detail":"The answer is not valid.","errors":{"args/amount":["must be a number"]}}""",
            });
        });
        await page.GetByTestId("approval-reason").FillAsync("a reason");
        await page.GetByTestId("approval-remember").SelectOptionAsync("call");
        await page.GetByTestId("approval-edit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("approval-args")).ToBeFocusedAsync();

        await page.GetByTestId("approval-args").FillAsync("""{"amount":""");
        await page.GetByTestId("approval-approve").ClickAsync();
        await Assertions.Expect(page.GetByTestId("approval-error")).ToContainTextAsync("The arguments must be a JSON object.");
        await Assertions.Expect(page.GetByTestId("approval-args")).ToBeFocusedAsync();
        Assert.Empty(sent);

        await page.GetByTestId("approval-args").FillAsync("""{"amount":"five"}""");
        await page.GetByTestId("approval-approve").ClickAsync();
        await Assertions.Expect(page.GetByTestId("approval-error")).ToContainTextAsync("args/amount: must be a number");
        await Assertions.Expect(page.GetByTestId("approval-args")).ToHaveValueAsync("""{"amount":"five"}""");
        await Assertions.Expect(page.GetByTestId("approval-args")).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(page.GetByTestId("approval-reason")).ToHaveValueAsync("a reason");
        Assert.Equal(["""{"approved":true,"remember":"call","args":{"amount":"five"}}"""], sent);

        await page.UnrouteAsync("**/approvals/*");
        await page.GetByTestId("approval-edit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("approval-args")).ToHaveTextAsync("{}");
        await page.GetByTestId("approval-approve").ClickAsync();
        await IsDeletedAsync(page);
    }

    [Fact]
    public async Task Other_arguments_are_those_that_the_call_is_made_with()
    {
        await using var silo = await SiloProcess.StartAsync(Fast);
        var page = await AskedAsync(silo);
        await page.GetByTestId("approval-edit").ClickAsync();
        await page.GetByTestId("approval-args").FillAsync("{ }");
        await page.GetByTestId("approval-approve").ClickAsync();
        await Assertions.Expect(page.GetByTestId("tool-result")).ToContainTextAsync("executed_with_arguments");
    }

    [Fact]
    public async Task One_browser_approves_and_the_other_sees_its_card_close_and_the_answer()
    {
        await using var silo = await SiloProcess.StartAsync(Fast);
        var one = await AskedAsync(silo);
        var tab = await OpenAsync(silo, new Uri(one.Url).Fragment, one.Context);
        var other = await OpenAsync(silo, new Uri(one.Url).Fragment);
        foreach (var page in new[] { tab, other })
        {
            await Assertions.Expect(page.GetByTestId("approval")).ToBeVisibleAsync();
        }

        await other.GetByTestId("approval-approve").ClickAsync();
        foreach (var page in new[] { one, tab, other })
        {
            await IsDeletedAsync(page);
        }
    }

    [Fact]
    public async Task A_card_that_another_was_faster_to_answer_closes_with_a_word()
    {
        await using var silo = await SiloProcess.StartAsync(Fast);
        var page = await AskedAsync(silo);
        await page.RouteAsync("**/approvals/*", async route =>
        {
            // Another person has denied it meanwhile.
            using var http = new HttpClient();
            using var denial = new StringContent("""{"approved":false}""", Encoding.UTF8, "application/json");
            (await http.PostAsync(route.Request.Url, denial)).EnsureSuccessStatusCode();
            await route.ContinueAsync();
        });
        await page.GetByTestId("approval-approve").ClickAsync();
        await Assertions.Expect(page.GetByTestId("notice")).ToContainTextAsync("Somebody else has answered for delete_notes already.");
        await Assertions.Expect(page.GetByTestId("approval")).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync("I did not delete your notes");
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync([Ask]);
    }

    [Fact]
    public async Task A_new_message_declines_the_call_in_every_tab()
    {
        await using var silo = await SiloProcess.StartAsync(Fast);
        var one = await AskedAsync(silo);
        var two = await OpenAsync(silo, new Uri(one.Url).Fragment, one.Context);
        await Assertions.Expect(two.GetByTestId("approval")).ToBeVisibleAsync();
        await AskAsync(one, "what is 12*7?");
        foreach (var page in new[] { one, two })
        {
            await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync([Ask, "what is 12*7?"]);
            await Assertions.Expect(page.GetByTestId("answer").Last).ToHaveTextAsync("12*7 is 84.");
            await Assertions.Expect(page.GetByTestId("approval")).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task The_card_is_there_after_a_reload_and_in_the_next_process_of_the_silo()
    {
        var folder = Directory.CreateTempSubdirectory("agentstream-page-");
        try
        {
            IPage page;
            Uri url;
            await using (var silo = await SiloProcess.StartInAsync(folder.FullName, Fast))
            {
                page = await AskedAsync(silo);
                await page.ReloadAsync();
                await Assertions.Expect(page.GetByTestId("approval")).ToBeVisibleAsync();
                url = silo.Url;
            }

            await page.EvaluateAsync("dispatchEvent(new Event('focus'))");
            await Assertions.Expect(page.GetByTestId("status")).ToHaveTextAsync("Connection lost, trying again");
            await using (var silo = await SiloProcess.StartInAsync(folder.FullName, Fast, "--urls", url.ToString()))
            {
                // In the page that was open all the time, and in one that comes now.
                var other = await OpenAsync(silo, new Uri(page.Url).Fragment);
                await Assertions.Expect(other.GetByTestId("approval")).ToBeVisibleAsync();
                await Assertions.Expect(page.GetByTestId("status")).Not.ToHaveTextAsync("Connection lost, trying again");
                await page.GetByTestId("approval-approve").ClickAsync();
                await IsDeletedAsync(page);
                await IsDeletedAsync(other);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task What_is_remembered_is_not_asked_again()
    {
        await using var silo = await SiloProcess.StartAsync(Fast);
        var page = await AskedAsync(silo);
        await page.GetByTestId("approval-remember").SelectOptionAsync("tool");
        await page.GetByTestId("approval-approve").ClickAsync();
        await IsDeletedAsync(page);
        await AskAsync(page, Ask);
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync([Deleted, Deleted]);
        await Assertions.Expect(page.GetByTestId("approval")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_keyboard_stays_where_somebody_types_and_reaches_all_of_the_card()
    {
        await using var silo = await SiloProcess.StartAsync(Fast);
        var page = await OpenAsync(silo);
        await page.Keyboard.TypeAsync(Ask);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByTestId("approval")).ToBeVisibleAsync();
        await page.Keyboard.TypeAsync("and then");
        await Assertions.Expect(page.GetByTestId("prompt")).ToHaveValueAsync("and then");

        await page.GetByTestId("approval-args").FocusAsync();
        foreach (var control in new[] { "approval-edit", "approval-remember", "approval-reason", "approval-approve", "approval-deny" })
        {
            await page.Keyboard.PressAsync("Tab");
            await Assertions.Expect(page.GetByTestId(control)).ToBeFocusedAsync();
        }

        foreach (var role in new[] { AriaRole.Button, AriaRole.Textbox, AriaRole.Combobox })
        {
            Assert.NotEqual(0, await page.GetByRole(role).CountAsync());
            Assert.Equal(await page.GetByRole(role).CountAsync(), await page.GetByRole(role, new() { NameRegex = new(".+") }).CountAsync());
        }

        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByTestId("answer")).ToContainTextAsync("I did not delete your notes");
        await Assertions.Expect(page.GetByTestId("prompt")).ToBeFocusedAsync();
        await Assertions.Expect(page.GetByTestId("prompt")).ToHaveValueAsync("and then");
    }

    [Fact]
    public async Task Names_and_arguments_are_shown_as_text_and_a_call_for_a_client_is_a_note()
    {
        const string Markup = "<img src=x onerror=\"window.ran = 1\">";
        await using var silo = await SiloProcess.StartAsync(Fast);
        var context = await Browser.NewContextAsync();
        var pending = new object[]
        {
            new { request_id = "r-0", kind = "approval", tool_call_id = "c0", tool_name = Markup, args = new Dictionary<string, string> { [Markup] = Markup } },
            new { request_id = "r-1", kind = "tool", tool_call_id = "c1", tool_name = Markup, args = new { } },
        };
        var node = new { run_id = "r", parts = new object[] { new { part_kind = "user-prompt", content = "go" }, new { part_kind = "text", content = "Well." } } };
        await context.RouteAsync("**/chat/evil", route => route.FulfillAsync(new() { Json = new { session_id = "evil", status = "idle", pending, nodes = new[] { node } } }));
        var page = await OpenAsync(silo, "#s=evil", context);

        await Assertions.Expect(page.GetByTestId("client-tool")).ToHaveTextAsync($"Waits for a client to carry out {Markup}");
        await Assertions.Expect(page.GetByTestId("approval").Locator(".tool-name")).ToHaveTextAsync(Markup);
        var shown = await page.GetByTestId("approval-args").InnerTextAsync();
        Assert.Equal(Markup, JsonElement.Parse(shown).GetProperty(Markup).GetString());
        Assert.Contains('\n', shown);
        await Assertions.Expect(page.Locator("#transcript img")).ToHaveCountAsync(0);
        Assert.True(await page.EvaluateAsync<bool>("window.ran === undefined"));
    }

    /// <summary>Opens the page, and asks for what needs an approval.</summary>
    private async Task<IPage> AskedAsync(SiloProcess silo)
    {
        var page = await OpenAsync(silo);
        await AskAsync(page, Ask);
        await Assertions.Expect(page.GetByTestId("approval")).ToBeVisibleAsync();
        return page;
    }

    /// <summary>The turn has its answer, and shows no part of it twice.</summary>
    private static async Task IsDeletedAsync(IPage page)
    {
        await Assertions.Expect(page.GetByTestId("answer")).ToHaveTextAsync([Deleted]);
        await Assertions.Expect(page.GetByTestId("approval")).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByTestId("message-user")).ToHaveTextAsync([Ask]);
        await Assertions.Expect(page.GetByTestId("tool-call")).ToHaveCountAsync(1);
        await Assertions.Expect(page.GetByTestId("tool-result")).ToContainTextAsync("The notes are deleted.");
    }
}
