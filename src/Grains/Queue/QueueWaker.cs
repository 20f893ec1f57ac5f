using AgentStream.Background;
using AgentStream.Grains.Output;
using AgentStream.Grains.Runs;
using AgentStream.Storage.Queue;

namespace AgentStream.Grains.Queue;

/// <summary>Has a session's grain start the prompt that waits, when the session is free. It asks for no other session, so it costs the same however many prompts of others wait.</summary>
internal sealed class QueueWaker(RunEnvironment environment, IPromptQueue queue, RunHost runs, TimeProvider time, IGrainFactory grains) : ISessionWaker
{
    // Who follows the run that has ended gets this long to read its end: the next run begins with an empty stream. Our own listeners find it elsewhere, those of the Python library do not.
    private static readonly TimeSpan AfterEnd = TimeSpan.FromMilliseconds(300);

    private readonly FaultLog _faults = new(environment.Logger);

    /// <inheritdoc/>
    public void Wake(SessionKey key)
    {
        // A process that stops leaves it to the others.
        if (!runs.IsStopping)
        {
            _ = environment.Beside(() => WakeAsync(key));
        }
    }

    /// <summary>What fails here is found by the next look (<see cref="PromptQueueService"/>).</summary>
    private async Task WakeAsync(SessionKey key)
    {
        var work = $"Starting the prompt that waits for session {key}";
        try
        {
            if (await queue.CountAsync(key) > 0)
            {
                await Task.Delay(AfterEnd, time);
                if (runs.IsStopping)
                {
                    return;
                }

                await grains.GetGrain<ISessionGrain>(key.ToString()).StartWaitingAsync();
            }

            _faults.Worked(work);
        }
        catch (StorageUnavailableException)
        {
            // That is said elsewhere.
        }
        catch (Exception e)
        {
            _faults.Failed(work, e);
        }
    }
}
