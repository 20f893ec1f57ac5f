using System.Net;
using AgentStream.AspNetCore.Health;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;

namespace AgentStream.AspNetCore.Tests.Health;

/// <summary>A process that is told to stop is not ready at once, and serves as before for as long as it is set.</summary>
public sealed class DrainTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task It_serves_until_the_delay_is_over_and_says_that_it_is_not_ready()
    {
        await using var app = await StartAsync("30s");
        var host = app.Services.GetRequiredService<IHostApplicationLifetime>();
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(app)).Status);

        app.Services.GetRequiredService<Drain>().StopApplication();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, """{"status":"draining","checks":{}}"""), await AskAsync(app));
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal("[]", await app.Http.GetStringAsync("/chat"));
        Assert.False(host.ApplicationStopping.IsCancellationRequested);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(host.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_second_order_ends_the_delay()
    {
        await using var app = await StartAsync("30s");
        var drain = app.Services.GetRequiredService<Drain>();
        drain.StopApplication();
        Assert.False(drain.ApplicationStopping.IsCancellationRequested);

        drain.StopApplication();
        Assert.True(drain.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task Without_a_delay_it_stops_at_once()
    {
        await using var app = await StartAsync("0");
        var drain = app.Services.GetRequiredService<Drain>();

        drain.StopApplication();
        Assert.True(drain.IsDraining && drain.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_process_that_stops_for_another_reason_is_not_ready_either()
    {
        await using var app = await StartAsync("30s");

        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.True(app.Services.GetRequiredService<Drain>().IsDraining);
    }

    [Fact]
    public async Task The_console_lifetime_gives_its_orders_here_and_a_lifetime_of_the_programs_own_stays()
    {
        await using (var app = await StartAsync("0"))
        {
            Assert.IsType<ConsoleLifetime>(app.Services.GetRequiredService<IHostLifetime>());
            Assert.Equal(2, app.Services.GetServices<IHostLifetime>().Count());
        }

        var own = Stub.Of<IHostLifetime>((_, _) => Task.CompletedTask);
        await using (var app = await StartAsync("0", builder => builder.Services.AddSingleton(own)))
        {
            Assert.Same(own, app.Services.GetRequiredService<IHostLifetime>());
        }
    }

    private Task<ChatApp> StartAsync(string delay, Action<WebApplicationBuilder>? configure = null) => ChatApp.StartAsync(
        builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Configuration["AgentStream:Health:DrainDelay"] = delay;
            configure?.Invoke(builder);
            builder.Services.AddHealthChecks().AddAgentStreamHealthChecks();
        },
        app => app.MapAgentStreamHealth());

    private static async Task<(HttpStatusCode Status, string Text)> AskAsync(ChatApp app)
    {
        using var answer = await app.Http.GetAsync("/health/ready").Within();
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
