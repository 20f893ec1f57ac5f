using System.Net;
using AgentStream.Silo.Tests.Authentication;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Silo.Tests;

/// <summary>Orleans' dashboard is there when it is asked for, and for this machine alone.</summary>
public sealed class DashboardTests
{
    private static readonly (string, string) On = (Dashboard.Setting, "true");

    // All who are signed in are let in elsewhere; here that is not enough.
    private static readonly (string, string)[] Keys =
        [("Authentication:Schemes:ApiKeys:0:Hash", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"), ("Authentication:Schemes:ApiKeys:0:User", "anna")];

    [Theory]
    [InlineData("/dashboard/", "text/html")]
    [InlineData("/dashboard/DashboardCounters", "application/json")]
    [InlineData("/dashboard/ClusterStats", "application/json")]
    public async Task It_is_there_when_it_is_asked_for(string path, string type)
    {
        await using var app = await SiloApp.StartAsync(On);
        using var http = new HttpClient { BaseAddress = SiloApp.Address(app), Timeout = Timeout.InfiniteTimeSpan };
        using var answer = await http.GetAsync(path);

        Assert.Equal((HttpStatusCode.OK, type), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task It_is_not_there_by_default()
    {
        await using var app = await SiloApp.StartAsync();
        using var http = new HttpClient { BaseAddress = SiloApp.Address(app), Timeout = Timeout.InfiniteTimeSpan };
        using var answer = await http.GetAsync("/dashboard/");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public async Task Its_grains_are_known_where_it_is_on_and_nowhere_else(string setting, bool isKnown)
    {
        await using var app = await SiloApp.StartAsync((Dashboard.Setting, setting));
        var grains = app.Services.GetRequiredService<IClusterManifestProvider>().LocalGrainManifest.Grains.Keys.Select(grain => grain.ToString()).ToList();

        Assert.Contains(grains, grain => grain?.Contains("session", StringComparison.OrdinalIgnoreCase) == true);
        Assert.Equal(isKnown, grains.Any(grain => grain?.Contains("dashboard", StringComparison.OrdinalIgnoreCase) == true));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("Host", "silo.example")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Nobody_but_this_machine_sees_any_of_it(string header, string value)
    {
        await using var app = await SiloApp.StartAsync([On, .. Keys]);
        using var http = new HttpClient { BaseAddress = SiloApp.Address(app), Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.TryAddWithoutValidation(header, value);
        http.DefaultRequestHeaders.Authorization = new("Bearer", "a");
        foreach (var path in (string[])["", "/", "/index.html", "/index.min.js", "/version", "/DashboardCounters", "/ClusterStats", "/GrainState", "/GrainTypes", "/Trace"])
        {
            using var answer = await http.GetAsync($"/dashboard{path}");
            Assert.True(HttpStatusCode.Forbidden == answer.StatusCode, $"{path}: {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task It_does_not_show_the_log()
    {
        await using var app = await SiloApp.StartAsync(On);
        using var http = new HttpClient { BaseAddress = SiloApp.Address(app), Timeout = Timeout.InfiniteTimeSpan };
        using var answer = await http.GetAsync("/dashboard/Trace");

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }
}
