namespace AgentStream.Grains.Sessions;

/// <summary>A call about a session that does not exist leaves nothing: who asks for names by chance would fill the memory with activations.</summary>
internal sealed partial class SessionGrain : IIncomingGrainCallFilter
{
    // Not at once: a call that comes while an activation leaves is passed on, and a call is passed on only so often.
    private static readonly TimeSpan LeaveAfter = TimeSpan.FromSeconds(1);

    private IGrainTimer? _leaving;

    private bool IsUnknown => _state.Version == 0 && _running.IsCompleted;

    async Task IIncomingGrainCallFilter.Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        finally
        {
            LetGoOfLargeState();

            // A session that is known is kept: who asks for it will ask again.
            if (IsUnknown)
            {
                _leaving ??= this.RegisterGrainTimer(LeaveAsync, new GrainTimerCreationOptions(LeaveAfter, Timeout.InfiniteTimeSpan));
            }
        }
    }

    /// <summary>It has its turn when no call is under way.</summary>
    private Task LeaveAsync()
    {
        _leaving?.Dispose();
        _leaving = null;
        if (IsUnknown)
        {
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }
}
