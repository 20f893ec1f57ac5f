namespace AgentStream.Cli.Top;

/// <summary>Looks again and again, until the user leaves.</summary>
/// <param name="look">Looks.</param>
/// <param name="interval">How long after a look the next one is.</param>
/// <param name="time">The clock.</param>
internal sealed class TopLoop(Func<CancellationToken, Task<TopLook>> look, TimeSpan interval, TimeProvider time)
{
    /// <summary>Looks, and shows what there is. A look that fails does not end it: the last one stays, with the reason below it. Only the first must work.</summary>
    /// <param name="show">Shows a look, and why there is no newer one.</param>
    /// <param name="left">The user leaves.</param>
    public async Task RunAsync(Action<TopLook, string?> show, CancellationToken left)
    {
        TopLook? last = null;
        try
        {
            while (true)
            {
                string? fault = null;
                try
                {
                    last = await look(left);
                }
                catch (Exception e) when (last is not null && Failures.CodeOf(e) is not null)
                {
                    fault = Failures.SentenceOf(e);
                }

                show(last, fault);
                await Task.Delay(interval, time, left);
            }
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }
}
