using System.ClientModel;
using System.ClientModel.Primitives;

namespace AgentStream.Models.Endpoint;

/// <summary>
/// Which requests are repeated, and when. It stands in the SDK's pipeline, which ends where the answer's headers are there: what has begun
/// to stream is never asked for again.
/// </summary>
internal sealed class RetryRule(TimeProvider time) : ClientRetryPolicy(MaxRetries)
{
    /// <summary>How often a request is repeated.</summary>
    public const int MaxRetries = 3;

    /// <summary>
    /// The longest wait before a try. Who asks for a longer one is not waited for: with all tries together this stays within the patience
    /// that runs have by default (120 s).
    /// </summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);

    protected override ValueTask OnSendingRequestAsync(PipelineMessage message)
    {
        message.SetProperty(typeof(RetryRule), Tries(message) + 1);
        return ValueTask.CompletedTask;
    }

    protected override bool ShouldRetry(PipelineMessage message, Exception? exception)
    {
        if (Tries(message) > MaxRetries || message.CancellationToken.IsCancellationRequested)
        {
            return false;
        }

        if (exception is not null)
        {
            // Without a status it did not get through: no connection, or one that was lost before the answer.
            return exception is ClientResultException { Status: 0 } or IOException or OperationCanceledException;
        }

        return message.Response is { } response
            && (response.Status is 408 or 429 || response.Status >= 500)
            && !(response.Headers.TryGetValue("x-should-retry", out var answer) && answer == "false")
            && !(RetryAfter.Read(response, time) > MaxWait);
    }

    protected override TimeSpan GetNextDelay(PipelineMessage message, int tryCount)
    {
        if (message.Response is { } response && RetryAfter.Read(response, time) is { } asked)
        {
            return asked;
        }

        // Spread, so that many runs that were refused together do not come back together.
        var wait = FirstWait * Math.Pow(2, Tries(message) - 1);
        return wait * (0.75 + (Random.Shared.NextDouble() / 4));
    }

    protected override Task WaitAsync(TimeSpan delay, CancellationToken cancellationToken) => Task.Delay(delay, time, cancellationToken);

    // The SDK keeps its own count to itself.
    private static int Tries(PipelineMessage message) =>
        message.TryGetProperty(typeof(RetryRule), out var tries) && tries is int count ? count : 0;
}
