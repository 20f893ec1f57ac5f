using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.Silo.Tests.Authentication;

/// <summary>Two silos with one Redis: who is signed in at one is so at the other, and a token of one is good at the other.</summary>
public sealed class SharedKeysTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private const string Schemes = "Authentication:Schemes";

    [Fact]
    public async Task A_cookie_and_a_token_of_one_silo_are_good_at_another()
    {
        await using var provider = await IdentityProvider.StartAsync();
        (string, string)[] settings =
        [
            ("ConnectionStrings:redis", redis.Server.Configuration),
            ("AgentStream:RedisPrefix", RedisServer.NewPrefix()),
            ("AgentStream:RedisTimeout", "1m"),
            ("AgentStream:Lease", "5m"),
            ($"{Schemes}:OpenIdConnect:Authority", provider.Address),
            ($"{Schemes}:OpenIdConnect:RequireHttpsMetadata", "false"),
            ($"{Schemes}:OpenIdConnect:ClientId", IdentityProvider.ClientId),
            ($"{Schemes}:OpenIdConnect:ClientSecret", IdentityProvider.ClientSecret),
        ];
        await using var first = await SiloApp.StartAsync(settings);
        await using var second = await SiloApp.StartAsync(settings);

        // A browser sends cookies to all ports of a host.
        using var browser = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { Timeout = Timeout.InfiniteTimeSpan };
        using (var page = await browser.GetAsync(new Uri(SiloApp.Address(first), "/")))
        {
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        }

        Assert.Equal("[]", await browser.GetStringAsync(new Uri(SiloApp.Address(second), "/chat")));

        using var made = await browser.PostAsJsonAsync(new Uri(SiloApp.Address(first), "/chat/s/token"), new { verbs = (string[])["read"] });
        using var json = JsonDocument.Parse(await made.Content.ReadAsStringAsync());
        using var nobody = new HttpClient { BaseAddress = SiloApp.Address(second), Timeout = Timeout.InfiniteTimeSpan };
        foreach (var (token, status) in ((string?, HttpStatusCode)[])[(json.RootElement.GetProperty("token").GetString(), HttpStatusCode.NotFound), ("ast_x", HttpStatusCode.Unauthorized)])
        {
            using var answer = await nobody.GetAsync($"/chat/s?access_token={token}");
            Assert.Equal(status, answer.StatusCode);
        }
    }
}
