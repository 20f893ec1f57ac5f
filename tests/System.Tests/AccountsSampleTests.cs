using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>samples/Accounts, as a process: two users with accounts, a cookie and a token.</summary>
public sealed class AccountsSampleTests
{
    [Fact]
    public async Task A_tool_finds_the_users_own_orders_and_nobody_elses()
    {
        await using var shop = await SiloProcess.StartProgramAsync("AccountsProgram", "--TokenDelay=00:00:00");
        using var anna = await WithTokenAsync(shop, "anna");

        Assert.Contains("Order 1, a teapot, is on its way.", await AnswerAsync(anna, "where is my order 1?"), StringComparison.Ordinal);
        var refused = await AnswerAsync(anna, "where is order 2?");
        Assert.Contains("You have no order 2.", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("drum", refused, StringComparison.Ordinal);

        using var bob = await WithTokenAsync(shop, "bob");
        Assert.Contains("Order 2, a drum, is being packed.", await AnswerAsync(bob, "where is my order 2?"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_finds_nothing_of_anothers_session_and_without_a_login_nothing_at_all()
    {
        // The run is live until somebody cancels it.
        await using var shop = await SiloProcess.StartProgramAsync("AccountsProgram", "--TokenDelay=01:00:00");
        using var anna = await WithCookieAsync(shop, "anna");
        using var bob = await WithTokenAsync(shop, "bob");
        using var nobody = NewClient(shop);
        using var run = await StartAsync(anna, "where is my order 1?");
        var frames = new SseReader(run);
        while (!(await frames.NextAsync())!.Contains("tool-return", StringComparison.Ordinal))
        {
        }

        // What an unknown session answers is what bob gets of anna's.
        Assert.Equal("[]", await bob.GetStringAsync("chat").Within());
        foreach (var (method, path, status, body) in new[]
        {
            (HttpMethod.Get, "", HttpStatusCode.NotFound, null),
            (HttpMethod.Get, "/messages", HttpStatusCode.NotFound, null),
            (HttpMethod.Get, "/stream", HttpStatusCode.NoContent, ""),
            (HttpMethod.Post, "/cancel", HttpStatusCode.OK, """{"cancelled":false}"""),
        })
        {
            var (foreign, text) = await SendAsync(bob, method, $"chat/s1{path}");
            Assert.Equal((status, body ?? text), (foreign, text));
            var (unknown, other) = await SendAsync(bob, method, $"chat/s2{path}");
            Assert.Equal((unknown, other.Replace("s2", "s1", StringComparison.Ordinal)), (foreign, text));
            Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(nobody, method, $"chat/s1{path}")).Status);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(nobody, HttpMethod.Get, "chat")).Status);
        using var intruder = await nobody.PostAsJsonAsync("chat", new { prompt = "hi" }).Within();
        Assert.Equal(HttpStatusCode.Unauthorized, intruder.StatusCode);

        // It was live all the time, and is hers.
        Assert.Contains("s1", await anna.GetStringAsync("chat").Within(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, """{"cancelled":true}"""), await SendAsync(anna, HttpMethod.Post, "chat/s1/cancel"));
    }

    [Fact]
    public async Task The_page_sends_who_has_no_cookie_to_the_login()
    {
        await using var shop = await SiloProcess.StartProgramAsync("AccountsProgram");
        using var nobody = NewClient(shop);
        using var page = await nobody.GetAsync("").Within();
        Assert.Equal((HttpStatusCode.Found, "/login"), (page.StatusCode, page.Headers.Location!.AbsolutePath));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(nobody, HttpMethod.Get, "login")).Status);
        using var wrong = await nobody.PostAsJsonAsync("login", new { email = "anna@example.com", password = "bob-knows" }).Within();
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);

        using var anna = await WithCookieAsync(shop, "anna");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(anna, HttpMethod.Get, "")).Status);
    }

    private static HttpClient NewClient(SiloProcess shop) => new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = shop.Url };

    private static object Login(string name) => new { email = $"{name}@example.com", password = $"{name}-knows" };

    private static async Task<HttpClient> WithCookieAsync(SiloProcess shop, string name)
    {
        var client = NewClient(shop);
        using var answer = await client.PostAsJsonAsync("login", Login(name)).Within();
        answer.EnsureSuccessStatusCode();
        return client;
    }

    private static async Task<HttpClient> WithTokenAsync(SiloProcess shop, string name)
    {
        var client = NewClient(shop);
        using var answer = await client.PostAsJsonAsync("token", Login(name)).Within();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return client;
    }

    private static async Task<HttpResponseMessage> StartAsync(HttpClient client, string prompt)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat") { Content = JsonContent.Create(new { prompt, session_id = "s1" }) };
        return (await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within()).EnsureSuccessStatusCode();
    }

    private static async Task<string> AnswerAsync(HttpClient client, string prompt)
    {
        using var run = await StartAsync(client, prompt);
        await run.Content.LoadIntoBufferAsync().Within();
        var messages = JsonElement.Parse(await client.GetStringAsync("chat/s1/messages").Within());
        return messages[messages.GetArrayLength() - 1].GetProperty("parts")[0].GetProperty("content").GetString()!;
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpClient client, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await client.SendAsync(request).Within();
        return (response.StatusCode, await response.Content.ReadAsStringAsync().Within());
    }
}
