namespace AgentStream.Storage.InMemory;

/// <summary>What cancels were answered, so that a request that comes again changes nothing.</summary>
internal sealed class CancelAnswers(Func<TimeSpan> now)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(SessionKey Key, CancelRequest Request), bool> _answers = [];
    private readonly Queue<(TimeSpan Due, (SessionKey Key, CancelRequest Request) Asked)> _due = new();

    /// <summary>The answer that the request got first; it is made now when there is none.</summary>
    public bool Get(SessionKey key, CancelRequest request, Func<bool> cancel)
    {
        lock (_gate)
        {
            while (_due.TryPeek(out var oldest) && oldest.Due <= now())
            {
                _answers.Remove(_due.Dequeue().Asked);
            }

            if (!_answers.TryGetValue((key, request), out var answer))
            {
                answer = cancel();
                _answers.Add((key, request), answer);
                _due.Enqueue((now() + StreamRules.CancelMemory, (key, request)));
            }

            return answer;
        }
    }
}
