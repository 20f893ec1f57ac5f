namespace AgentStream.Storage.InMemory;

/// <summary>How much of something each user has, and each scope. It is not safe for several threads.</summary>
internal sealed class UsageCounts
{
    // A scope's own has no user.
    private readonly Dictionary<(string Scope, string? User), long> _counts = [];

    public UsageCount Of(UserKey user) => new(_counts.GetValueOrDefault((user.Scope, user.User)), _counts.GetValueOrDefault((user.Scope, null)));

    public void Change(UserKey user, long by)
    {
        Change((user.Scope, user.User), by);
        Change((user.Scope, null), by);
    }

    private void Change((string Scope, string? User) key, long by)
    {
        if ((_counts[key] = _counts.GetValueOrDefault(key) + by) == 0)
        {
            _counts.Remove(key);
        }
    }
}
