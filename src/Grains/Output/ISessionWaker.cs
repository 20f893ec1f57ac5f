namespace AgentStream.Grains.Output;

/// <summary>Is told of sessions that are free, because something may wait for that.</summary>
internal interface ISessionWaker
{
    /// <summary>A run of the session has its <c>end</c>, whatever it did. It is told on the way of that run, so it does not wait, and does not throw.</summary>
    /// <param name="key">The session.</param>
    void Wake(SessionKey key);
}
