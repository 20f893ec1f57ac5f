namespace AgentStream.Grains.Runs;

/// <summary>Is told of the runs of this process.</summary>
internal interface IRunObserver
{
    /// <summary>A run has begun: its session's stream has a <c>begin</c>. It is told on the way of the prompt, so it does not wait, and does not throw.</summary>
    /// <param name="key">The session.</param>
    void OnRun(SessionKey key);
}
