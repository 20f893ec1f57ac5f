using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Models.Tests;

/// <summary>The host's HTTP client for models.</summary>
public sealed class HostHttpTests : IAsyncDisposable
{
    private const string Name = "AgentStream.Models";

    private readonly CountingHandler _handler = new();
    private readonly ServiceProvider _services;

    public HostHttpTests()
    {
        var services = new ServiceCollection();
        services.AddModelHttpClient().AddHttpMessageHandler(() => _handler);

        // Configured agents do the same, and change nothing.
        services.AddModelHttpClient();
        _services = services.BuildServiceProvider();
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task Requests_go_through_the_hosts_handlers()
    {
        await using var model = await ModelServer.StartAsync(Reply.Stream(Reply.Text("hi"), Reply.Finish()));
        using var client = NewClient(model);
        Assert.Equal("hi", (await client.GetResponseAsync("hello")).Text);
        Assert.Single(model.Requests);
        Assert.Equal(1, _handler.Requests);
    }

    [Fact]
    public async Task A_redirect_takes_the_key_nowhere()
    {
        await using var other = await ModelServer.StartAsync();
        await using var model = await ModelServer.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            context.Response.Headers.Location = other.Endpoint.ToString();
            return Task.CompletedTask;
        });
        using var client = NewClient(model);
        await Assert.ThrowsAsync<ModelException>(() => client.GetResponseAsync("hello"));
        Assert.Single(model.Requests);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public void An_answer_has_no_time_limit() => Assert.Equal(Timeout.InfiniteTimeSpan, NewHttp().Timeout);

    private HttpClient NewHttp() => _services.GetRequiredService<IHttpClientFactory>().CreateClient(Name);

    private OpenAIChatClient NewClient(ModelServer model) => new("tiny", ModelServer.ApiKey, model.Endpoint, http: NewHttp());
}
