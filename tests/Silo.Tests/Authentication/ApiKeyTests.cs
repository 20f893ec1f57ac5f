using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using AgentStream.Logs;
using AgentStream.Silo.Authentication;
using Microsoft.Extensions.Configuration;

namespace AgentStream.Silo.Tests.Authentication;

/// <summary>Programs that call with a key, by configuration alone.</summary>
public sealed class ApiKeyTests
{
    private const string Keys = "Authentication:Schemes:ApiKeys";

    [Fact]
    public async Task A_key_is_let_in_as_its_user_and_no_other_key_is()
    {
        await using var app = await SiloApp.StartAsync(
            ($"{Keys}:0:Hash", Hash("key-of-anna")), ($"{Keys}:0:User", "anna"), ($"{Keys}:0:Scope", "acme"),
            ($"{Keys}:1:Hash", Hash("key-of-ben").ToLowerInvariant()), ($"{Keys}:1:User", "ben"), ($"{Keys}:1:Scope", "acme"),
            ("AgentStream:Http:ScopeClaim", "tenant"));
        using var http = new HttpClient { BaseAddress = SiloApp.Address(app), Timeout = Timeout.InfiniteTimeSpan };

        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "key-of-anna");
        using (var started = await http.PostAsJsonAsync("/chat", new { prompt = "hello", session_id = "s" }))
        {
            Assert.Equal(HttpStatusCode.OK, started.StatusCode);
            await started.Content.ReadAsStringAsync();
        }

        Assert.Contains("""{"scope_id":"acme","user_id":"anna","session_id":"s","title":"hello",""", await http.GetStringAsync("/chat?all=true"), StringComparison.Ordinal);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "key-of-ben");
        Assert.Equal("[]", await http.GetStringAsync("/chat?all=true"));

        foreach (var key in (string?[])["key-of-carl", Hash("key-of-anna"), "", null])
        {
            http.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
            using var refused = await http.GetAsync("/chat");
            Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (refused.StatusCode, refused.Headers.WwwAuthenticate.Single().Scheme));
        }
    }

    [Theory]
    [InlineData("Bearer:ValidIssuer=i|Bearer:SigningKeys:0:Value=k", "Bearer:ValidAudience must be")]
    [InlineData("Bearer:ValidAudience=a", "Bearer needs the Authority")]
    [InlineData("Bearer:ValidAudience=a|Bearer:SigningKeys:0:Value=k", "Bearer:ValidIssuer must be")]
    [InlineData("ApiKeys:0:Hash=the-key-itself|ApiKeys:0:User=anna", "ApiKeys:0:Hash must be the key's SHA-256")]
    [InlineData("ApiKeys:0:Hash=0", "ApiKeys:0:User must be")]
    [InlineData("ApiKeys:0:Scope=acme", "ApiKeys:0:Scope and AgentStream:Http:ScopeClaim go together")]
    [InlineData("OpenIdConnect:Authority=https://login.example", "OpenIdConnect:ClientId is missing")]
    [InlineData("OpenIdConnect:ClientId=c", "OpenIdConnect:Authority is missing")]
    [InlineData("Basic:Realm=r", "Basic is none of the schemes that a silo has: Bearer, ApiKeys, OpenIdConnect")]
    public void A_setting_that_is_missing_or_wrong_is_named_and_no_secret_is(string settings, string error)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            settings.Split('|').Select(setting => setting.Split('=')).Select(setting => KeyValuePair.Create<string, string?>($"Authentication:Schemes:{setting[0]}", setting[1]))).Build();

        var refusal = Assert.Throws<InvalidOperationException>(() => new AuthenticationSettings(configuration).Check());

        Assert.Contains($"Authentication:Schemes:{error}", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("the-key-itself", refusal.Message, StringComparison.Ordinal);

        // What takes secrets out of errors takes no name of a setting for one.
        Assert.Equal(refusal.Message, Secrets.Redacted(refusal.Message));
    }

    [Theory]
    [InlineData("Bearer|ApiKeys", "a.b.c", "Bearer")]
    [InlineData("Bearer|ApiKeys", "key", "ApiKeys")]
    [InlineData("Bearer|ApiKeys", null, "Bearer")]
    [InlineData("Bearer", "key", "Bearer")]
    [InlineData("ApiKeys", "a.b.c", "ApiKeys")]
    [InlineData("ApiKeys", null, "ApiKeys")]
    [InlineData("OpenIdConnect|ApiKeys", null, "Cookies")]
    [InlineData("OpenIdConnect|ApiKeys", "key", "ApiKeys")]
    [InlineData("OpenIdConnect|Bearer", "a.b.c", "Bearer")]
    [InlineData("OpenIdConnect", "a.b.c", "Cookies")]
    public void A_request_is_for_the_scheme_that_knows_what_it_brings(string schemes, string? token, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            schemes.Split('|').Select(scheme => KeyValuePair.Create<string, string?>($"Authentication:Schemes:{scheme}:Any", "x"))).Build();
        Assert.Equal(expected, new AuthenticationSettings(configuration).SchemeFor(token));
    }

    private static string Hash(string key) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
