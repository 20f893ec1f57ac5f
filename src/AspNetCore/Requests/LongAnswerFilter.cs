using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace AgentStream.AspNetCore.Requests;

/// <summary>
/// An answer that may be long is held in memory until it has been sent. So each user gets two at a time, and the answer has to be taken at a pace. The server's own pace (240 bytes a second)
/// would let 16 MB stay for hours.
/// </summary>
internal sealed class LongAnswerFilter : IEndpointFilter
{
    /// <summary>The most of such answers that a user gets at a time.</summary>
    internal const int MostPerUser = 2;

    private static readonly UserSlots Slots = new(MostPerUser, all: 16);

    /// <summary>What is left of the answer is not long: another may begin.</summary>
    public static void End(HttpContext http) => (http.Items[typeof(LongAnswerFilter)] as IDisposable)?.Dispose();

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var slot = await Slots.TakeAsync(http, "Too many sessions are read at the same time. Try again later.");
        http.Response.RegisterForDispose(slot);
        http.Items[typeof(LongAnswerFilter)] = slot;

        // Of HTTP/2, the pace is the connection's.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate && HttpProtocol.IsHttp11(http.Request.Protocol))
        {
            rate.MinDataRate = new MinDataRate(Upload.LeastPace, Upload.Grace);
        }

        return await next(context);
    }
}

/// <summary>Puts <see cref="LongAnswerFilter"/> on a route.</summary>
internal static class LongAnswerRoutes
{
    public static RouteHandlerBuilder IsLongAnswer(this RouteHandlerBuilder route) => route.AddEndpointFilter<LongAnswerFilter>();
}
