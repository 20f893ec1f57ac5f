using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;

namespace AgentStream.Silo.Tests.Authentication;

/// <summary>People who sign in with OpenID Connect, and programs with tokens of the same issuer, by configuration alone.</summary>
public sealed class SignInTests : IAsyncLifetime
{
    private const string Schemes = "Authentication:Schemes";

    private IdentityProvider? _provider;
    private WebApplication? _app;

    private Uri Silo => SiloApp.Address(_app!);

    public async Task InitializeAsync()
    {
        _provider = await IdentityProvider.StartAsync();
        _app = await SiloApp.StartAsync(
            ($"{Schemes}:OpenIdConnect:Authority", _provider.Address),
            ($"{Schemes}:OpenIdConnect:RequireHttpsMetadata", "false"),
            ($"{Schemes}:OpenIdConnect:ClientId", IdentityProvider.ClientId),
            ($"{Schemes}:OpenIdConnect:ClientSecret", IdentityProvider.ClientSecret),
            ($"{Schemes}:Bearer:Authority", _provider.Address),
            ($"{Schemes}:Bearer:RequireHttpsMetadata", "false"),
            ($"{Schemes}:Bearer:ValidAudience", "agents"));
    }

    public async Task DisposeAsync()
    {
        await _app!.DisposeAsync();
        await _provider!.DisposeAsync();
    }

    [Fact]
    public async Task The_page_has_a_person_sign_in_and_its_routes_know_who_that_is()
    {
        using var browser = NewBrowser();
        using (var page = await browser.GetAsync("/"))
        {
            // Through the provider, and back to where the person wanted to go.
            Assert.Equal((HttpStatusCode.OK, new Uri(Silo, "/")), (page.StatusCode, page.RequestMessage!.RequestUri));
            Assert.Contains("<html", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using (var started = await browser.PostAsJsonAsync("/chat", new { prompt = "hello", session_id = "s" }))
        {
            Assert.Equal(HttpStatusCode.OK, started.StatusCode);
            await started.Content.ReadAsStringAsync();
        }

        Assert.Contains("\"user_id\":\"anna=7C7\"", await browser.GetStringAsync("/chat?all=true"), StringComparison.Ordinal);

        _provider!.Subject = "ben|8";
        using var other = NewBrowser();
        using (await other.GetAsync("/"))
        {
            Assert.Equal("[]", await other.GetStringAsync("/chat?all=true"));
        }
    }

    [Fact]
    public async Task Who_has_not_signed_in_gets_neither_the_page_nor_an_answer_and_no_route_sends_a_program_to_the_provider()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = Silo, Timeout = Timeout.InfiniteTimeSpan };
        foreach (var path in (string[])["/", "/page/page.js"])
        {
            using var page = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
            Assert.StartsWith($"{_provider!.Address}/authorize?", page.Headers.Location!.ToString(), StringComparison.Ordinal);
        }

        using var answer = await http.GetAsync("/chat");
        Assert.Equal((HttpStatusCode.Unauthorized, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task A_token_of_the_issuer_is_the_same_user_as_the_person_and_one_for_another_audience_is_nobody()
    {
        using var http = new HttpClient { BaseAddress = Silo, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _provider!.NewToken("agents"));
        using (var started = await http.PostAsJsonAsync("/chat", new { prompt = "hello", session_id = "s" }))
        {
            await started.Content.ReadAsStringAsync();
        }

        using var browser = NewBrowser();
        using (await browser.GetAsync("/"))
        {
            Assert.Contains("\"session_id\":\"s\"", await browser.GetStringAsync("/chat?all=true"), StringComparison.Ordinal);
        }

        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _provider.NewToken("others"));
        using var refused = await http.GetAsync("/chat");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    private HttpClient NewBrowser() => new(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = Silo, Timeout = Timeout.InfiniteTimeSpan };
}
