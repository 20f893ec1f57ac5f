using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AgentStream.Telemetry.Tests;

/// <summary>Who gets the metrics over HTTP.</summary>
public sealed class PrometheusTests
{
    private static readonly (string, string) Asked = ("AgentStream:Telemetry:Prometheus", "true");

    [Fact]
    public async Task A_program_on_this_machine_gets_them()
    {
        await using var app = await MetricsApp.StartAsync(null, app => app.MapAgentStreamMetrics(), Asked);
        using var http = MetricsApp.NewClient(app);
        Assert.Matches("(?m)^agentstream_entries_total\\S* [1-9]", await http.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task Without_the_setting_there_is_no_route()
    {
        await using var app = await MetricsApp.StartAsync(null, app => app.MapAgentStreamMetrics());
        using var http = MetricsApp.NewClient(app);
        using var answer = await http.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "10.0.0.1")]
    [InlineData("Forwarded", "for=10.0.0.1")]
    [InlineData("Host", "evil.example")]
    public async Task What_may_come_from_elsewhere_is_refused(string header, string value)
    {
        await using var app = await MetricsApp.StartAsync(null, app => app.MapAgentStreamMetrics(), Asked);
        using var http = MetricsApp.NewClient(app);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(http, (header, value)));
    }

    [Fact]
    public async Task A_request_that_came_in_on_another_address_is_refused()
    {
        await using var app = await MetricsApp.StartAsync(
            null,
            app =>
            {
                app.Use((context, next) =>
                {
                    context.Connection.LocalIpAddress = IPAddress.Parse("10.0.0.1");
                    return next(context);
                });
                app.MapAgentStreamMetrics();
            },
            Asked);
        using var http = MetricsApp.NewClient(app);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(http));
    }

    [Fact]
    public async Task Behind_authorization_it_is_for_those_who_are_authorized_wherever_they_are()
    {
        await using var app = await MetricsApp.StartAsync(
            builder =>
            {
                builder.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, KnownByHeader>("test", _ => { });
                builder.Services.AddAuthorization();
            },
            app => app.MapAgentStreamMetrics().RequireAuthorization(),
            Asked);
        using var http = MetricsApp.NewClient(app);
        Assert.Equal(
            (HttpStatusCode.Unauthorized, HttpStatusCode.OK),
            (await StatusAsync(http), await StatusAsync(http, ("X-Forwarded-For", "10.0.0.1"), ("X-User", "scraper"))));
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        Array.ForEach(headers, header => request.Headers.TryAddWithoutValidation(header.Name, header.Value));
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private sealed class KnownByHeader(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, System.Text.Encodings.Web.UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Headers["X-User"] is [{ } name]
            ? AuthenticateResult.Success(new AuthenticationTicket(new(new System.Security.Claims.ClaimsIdentity([new("name", name)], "test")), "test"))
            : AuthenticateResult.NoResult());
    }
}
