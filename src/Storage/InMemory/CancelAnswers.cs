namespace AgentStream.Storage.InMemory;

/// <summary>What cancels were answered, so that a request that comes again changes nothing.</summary>
internal sealed class CancelAnswers(Func<TimeSpan> now)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(SessionKey Key, string RequestId), bool> _answers = [];
    private readonly Queue<(TimeSpan Due, (SessionKey Key, string RequestId) Request)> _due = new();

    /// <summary>The answer that the request got first; it is made now when there is none.</summary>
    public bool Get(SessionKey key, string requestId, Func<bool> cancel)
    {
        lock (_gate)
        {
            while (_due.TryPeek(out var oldest) && oldest.Due <= now())
            {
                _answers.Remove(_due.Dequeue().Request);
            }

            if (!_answers.TryGetValue((key, requestId), out var answer))
            {
                answer = cancel();
                _answers.Add((key, requestId), answer);
                _due.Enqueue((now() + StreamRules.CancelMemory, (key, requestId)));
            }

            return answer;
        }
    }
}
