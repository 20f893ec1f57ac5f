namespace AgentStream;

/// <summary>What becomes of a prompt whose session has a run under way.</summary>
public enum BusySessionBehavior
{
    /// <summary>It is refused with a <see cref="SessionBusyException"/>.</summary>
    Reject,

    /// <summary>It waits until that run has ended, behind those that wait already. What waits survives what the journal survives.</summary>
    Queue,

    /// <summary>That run is canceled, and the prompt starts when it has ended. Prompts that wait continue waiting, behind this one.</summary>
    Replace,

    /// <summary>
    /// It joins that run, before the run's next request to the model. When the run ends first, or is of another agent, it waits for its turn as with <see cref="Queue"/>. The request's own run then has
    /// no events: what comes of it is in the run that it joined.
    /// </summary>
    Steer,
}
