using AgentStream.Logs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AgentStream.AspNetCore.Sse;

/// <summary>A response of server-sent events. It completes where the events do; anything else breaks it off.</summary>
internal static class SseResponse
{
    /// <summary>Sends events until there are no more.</summary>
    /// <param name="context">The request.</param>
    /// <param name="what">What is listened to, for the log: a session, or a user.</param>
    /// <param name="rendering">How events become frames.</param>
    /// <param name="listen">Begins the listening.</param>
    public static async Task SendAsync(HttpContext context, string what, IFrameRenderer rendering, Func<AgentStreamClient, CancellationToken, IAsyncEnumerable<StreamEntry>> listen)
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
            var time = services.GetRequiredService<TimeProvider>();
            var writer = new SseWriter(context.Response.BodyWriter, time, rendering, services.GetRequiredService<SseMetrics>().Follow(time));
            await writer.WriteAsync(token => listen(client, token), stop.Token);
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
            services.GetRequiredService<ILogger<EventStream>>().ListenerStalled(what);
            context.Abort();
        }
#pragma warning disable CA1031 // The response is under way: there is no other answer left to give.
        catch (Exception e)
#pragma warning restore CA1031
        {
            services.GetRequiredService<ILogger<EventStream>>().Safe().StreamBrokeOff(e, what);
            context.Abort();
        }
    }

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
