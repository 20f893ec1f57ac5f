using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AgentStream.AspNetCore.Health;

/// <summary>The answer to a probe. What is wrong is said to callers on this machine alone: anybody else hears one word.</summary>
internal static class HealthAnswer
{
    public static async Task WriteAsync(HttpContext context, HealthState state)
    {
        context.Response.StatusCode = state.IsGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        var answer = new Dictionary<string, object> { ["status"] = state.Status };
        if (ThisMachine.Sent(context))
        {
            answer["checks"] = state.Checks.ToDictionary();
        }

        await context.Response.WriteAsJsonAsync(answer, context.RequestAborted);
    }
}
