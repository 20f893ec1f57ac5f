using System.Globalization;

namespace AgentStream.Storage.Journal;

/// <summary>What journals say alike.</summary>
internal static class JournalErrors
{
    /// <summary>Somebody else has written.</summary>
    public static OwnershipLostException OtherVersion(RunToken owner, long version, long expected) => new(string.Create(
        CultureInfo.InvariantCulture, $"The journal of session {owner.Key} has version {version}, but run {owner.RunId} expected {expected}."));
}
