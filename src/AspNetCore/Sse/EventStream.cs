using AgentStream.Logs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.AspNetCore.Sse;

/// <summary>A session's events as server-sent events. The response completes at the run's end, and only then, or not at all; anything else breaks it off.</summary>
/// <param name="key">The session.</param>
/// <param name="after">Events behind this place; null for all of the current run.</param>
/// <param name="rendering">How events become frames; null for each as it is.</param>
/// <remarks>https://html.spec.whatwg.org/multipage/server-sent-events.html</remarks>
internal sealed class EventStream(SessionKey key, Cursor? after, IFrameRenderer? rendering = null) : IResult
{
    /// <summary>The run to follow from its <c>begin</c>, also if it has to wait for its turn; null for the session, whatever its run.</summary>
    public string? RunId { get; init; }

    /// <summary>The run to follow, as its start was answered; null for <see cref="RunId"/>, or the session.</summary>
    public StartedRun? Run { get; init; }

    /// <summary>Whether it stays open over the session's runs. Each <c>end</c> is a frame then.</summary>
    public bool IsOfSession { get; init; }

    public async Task ExecuteAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var client = services.GetRequiredService<AgentStreamClient>();
        var shutdown = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, shutdown);
        PrepareResponse(context);

        try
        {
            // The headers first: they name the session, which the listener needs most when the listening fails.
            await context.Response.BodyWriter.FlushAsync(stop.Token);
            var writer = new SseWriter(context.Response.BodyWriter, services.GetRequiredService<TimeProvider>(), rendering ?? EventFrames.Instance);
            await writer.WriteAsync(token => Listen(client, token), stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The listener has gone, or this process is about to. A listener that is still there must not take this for the run's
            // end: it sees a broken response, and follows on elsewhere.
            context.Abort();
        }
        catch (ListenerStalledException)
        {
            // One that reads again comes back with the place it got to.
            services.GetRequiredService<ILogger<EventStream>>().ListenerStalled(key);
            context.Abort();
        }
#pragma warning disable CA1031 // The response is under way: there is no other answer left to give.
        catch (Exception e)
#pragma warning restore CA1031
        {
            services.GetRequiredService<ILogger<EventStream>>().Safe().StreamBrokeOff(e, key);
            context.Abort();
        }
    }

    private IAsyncEnumerable<StreamEntry> Listen(AgentStreamClient client, CancellationToken cancellationToken) =>
        Run is not null ? client.FollowAsync(key, Run, cancellationToken)
        : RunId is not null ? client.FollowAsync(key, RunId, cancellationToken)
        : IsOfSession ? client.ListenToSessionAsync(key, after, cancellationToken)
        : client.ListenRawAsync(key, after, cancellationToken);

    private static void PrepareResponse(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentType = "text/event-stream";

        // Neither a compressor in this program nor a proxy before it may hold events back.
        headers.CacheControl = "no-cache, no-store, no-transform";
        headers["X-Accel-Buffering"] = "no";
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
    }
}
