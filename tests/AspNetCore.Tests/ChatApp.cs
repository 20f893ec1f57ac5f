using System.Net.Http.Headers;
using System.Reflection;
using System.Text;
using AgentStream.Storage;
using AgentStream.Storage.Redis;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.AspNetCore.Tests;

/// <summary>A program with the HTTP edge, on a free port of this machine, over the stream store in memory and scripted sessions.</summary>
internal sealed class ChatApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ChatApp(WebApplication app, HttpClient http)
    {
        _app = app;
        Http = http;
        Sessions = app.Services.GetRequiredService<ScriptedSessions>();
        Log = app.Services.GetRequiredService<IStreamStore>();
    }

    public HttpClient Http { get; }

    public ScriptedSessions Sessions { get; }

    public IStreamStore Log { get; }

    public IServiceProvider Services => _app.Services;

    public Task StopAsync() => _app.StopAsync();

    /// <summary>Starts the program.</summary>
    /// <param name="configure">Changes it before it is built.</param>
    /// <param name="map">Maps routes of its own before the edge's.</param>
    public static async Task<ChatApp> StartAsync(Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null)
    {
        // Development, since that is where exceptions are shown to whoever asks, if nothing stops them.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddStreamStore(builder.Configuration);
        builder.Services.AddSingleton<ScriptedSessions>();
        builder.Services.AddSingleton(services => services.GetRequiredService<ScriptedSessions>().CreateFactory());
        builder.Services.AddAgentStreamClientCore();
        builder.Services.AddAgentStreamHttp();

        // What a stop waits for, a test sees.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromHours(1));
        configure?.Invoke(builder);

        var app = builder.Build();
        map?.Invoke(app);
        app.MapAgentStream();
        app.MapAgentStreamPage();
        try
        {
            await app.StartAsync();
            return new ChatApp(app, new HttpClient { BaseAddress = new Uri(app.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)), Timeout = Timeout.InfiniteTimeSpan });
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>A session of the user that the edge takes everybody for.</summary>
    public static SessionKey Key(string session) => new(1, 1, session);

    /// <summary>Makes calls of a stream store's method fail, as long as there is trouble.</summary>
    public static Action<WebApplicationBuilder> WithTroubledLog(string method, Func<Exception?> trouble) => builder =>
    {
        var inner = builder.Services.Last(service => service.ServiceType == typeof(IStreamStore));
        builder.Services.AddSingleton(services =>
        {
            var log = (IStreamStore)(inner.ImplementationFactory?.Invoke(services)
                ?? inner.ImplementationInstance
                ?? ActivatorUtilities.CreateInstance(services, inner.ImplementationType!));
            return Stub.Of<IStreamStore>((called, args) => called.Name == method && trouble() is { } exception
                ? throw exception
                : called.Invoke(log, BindingFlags.DoNotWrapExceptions, null, args, null));
        });
    };

    /// <summary>Posts to <c>/chat</c> and answers as soon as the response's headers are there.</summary>
    public Task<HttpResponseMessage> PostChatAsync(string json, string contentType = "application/json", CancellationToken cancellationToken = default) =>
        PostChatAsync(Encoding.UTF8.GetBytes(json), contentType, cancellationToken);

    public async Task<HttpResponseMessage> PostChatAsync(byte[] body, string? contentType = "application/json", CancellationToken cancellationToken = default)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat") { Content = content, Headers = { Accept = { new("text/event-stream") } } };
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).Within();
    }

    /// <summary>Follows a session and answers as soon as the response's headers are there.</summary>
    public async Task<HttpResponseMessage> FollowAsync(string session, string query = "", string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/chat/{session}/stream{query}");
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
