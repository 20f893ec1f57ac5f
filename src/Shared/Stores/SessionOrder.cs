namespace AgentStream.Storage.Journal;

/// <summary>The order of a user's sessions in lists, which no two of them share a place in: by the millisecond of the last change, then by id, both descending.</summary>
internal static class SessionOrder
{
    public static IComparer<JournaledSession> LatestFirst { get; } = Comparer<JournaledSession>.Create(Compare);

    public static bool IsAfter(JournaledSession session, JournaledSession other) => Compare(other, session) < 0;

    private static int Compare(JournaledSession one, JournaledSession other)
    {
        var byTime = other.Changed.ToUnixTimeMilliseconds().CompareTo(one.Changed.ToUnixTimeMilliseconds());
        return byTime != 0 ? byTime : string.CompareOrdinal(other.Key.Session, one.Key.Session);
    }
}
