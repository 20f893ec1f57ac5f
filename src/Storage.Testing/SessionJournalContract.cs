using System.Text;
using AgentStream.Messages;
using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Testing;

/// <summary>
/// What every journal owes. Derive a class for yours: it gives the contract the journal, and says what of the rest the journal does. Each test uses sessions of its own, so all of them may share one
/// database.
/// </summary>
public abstract partial class SessionJournalContract
{
    /// <summary>Gets session ids that are allowed, and that files, folders, patterns or keys of a store may take for something else.</summary>
    public static TheoryData<string> OddIds =>
    [
        "...", ".hidden", "a.", "-rf", "~", "=+@", "con", "CON", "nul.txt", "lock",
        new('a', 128), new('A', 128), string.Concat(Enumerable.Repeat("aB", 64)),
    ];

    /// <summary>Gets the journal under test: the same for the whole of a test.</summary>
    protected abstract ISessionJournal Journal { get; }

    /// <summary>Gets whether the journal lists sessions. One that does not throws a <see cref="NotSupportedException"/>.</summary>
    protected virtual bool ListsSessions => true;

    /// <summary>Gets whether the journal finds the sessions whose last run has not ended, as one of a single process does that outlives it. One that does not answers that there are none.</summary>
    protected virtual bool ListsUnfinished => false;

    /// <summary>
    /// Gets whether the journal knows how many bytes it has of each user and scope, and keeps limits of them. Such a journal drops what an import replaces. One that does not answers that it does not
    /// know, and keeps no limits.
    /// </summary>
    protected virtual bool KnowsSizes => false;

    /// <summary>
    /// Gets whether the journal knows an append again that the same run has made before, and whose answer was lost. A journal has to that throws a <see cref="StorageUnavailableException"/>: the run then
    /// appends the same records again. One that does not refuses them as those of another version.
    /// </summary>
    protected virtual bool KnowsRepeatedAppends => false;

    /// <summary>Opens what is kept once more, as another process would, or this one when it starts again.</summary>
    /// <returns>A journal with the same sessions; null when nobody else can have them. The test uses the first one no more if that cannot be.</returns>
    protected abstract ValueTask<ISessionJournal?> ReopenAsync();

    /// <summary>Makes a run the owner of a session. By default it is enough to make its token; a journal that asks a stream store for the owner starts the run there.</summary>
    /// <param name="key">The session.</param>
    /// <returns>The run.</returns>
    protected virtual Task<RunToken> StartRunAsync(SessionKey key) => Task.FromResult(new RunToken(key, "silo-1", Guid.CreateVersion7().ToString()));

    /// <summary>Counts the bytes that the journal has of records. By default they are those of <see cref="JournalRecordJson"/>.</summary>
    /// <param name="records">The records.</param>
    /// <returns>The bytes.</returns>
    protected virtual long BytesOf(IEnumerable<JournalRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        return records.Sum(record => (long)JournalRecordJson.Write(record).Length);
    }

    /// <summary>Gets the prompts of records that are all requests with one (<see cref="SampleRecords.Said"/>).</summary>
    /// <param name="records">The records.</param>
    /// <returns>The prompts, in order.</returns>
    protected static IEnumerable<string> Said(IEnumerable<JournalRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        return records.Select(record => ((UserPromptPart)Assert.IsType<RequestRecord>(record).Parts.Single()).Text);
    }

    /// <summary>Reads the prompts of a session whose records are all requests with one.</summary>
    /// <param name="key">The session.</param>
    /// <param name="afterVersion">The version to read after.</param>
    /// <returns>The prompts, in order.</returns>
    protected async Task<IEnumerable<string>> SaidAsync(SessionKey key, long afterVersion = 0) => Said(await Journal.ReadAsync(key, afterVersion));

    /// <summary>Makes the record of an import with one message.</summary>
    /// <param name="replaced">How many records it replaces; null for none.</param>
    /// <param name="text">The message.</param>
    /// <returns>The record.</returns>
    protected static ImportedRecord Imported(long? replaced, string text = "") =>
        new([new ModelRequest([new UserPromptPart(text) { Timestamp = SampleRecords.Time }]) { Timestamp = SampleRecords.Time }]) { Timestamp = SampleRecords.Time, Replaced = replaced };

    private static UserKey NewUser() => new(Random.Shared.NextInt64(), Random.Shared.NextInt64());

    private static RenamedRecord Renamed(string title) => new(title) { Timestamp = SampleRecords.Time };

    /// <summary>A record of a time in whole milliseconds, which every journal keeps in its lists.</summary>
    private static T At<T>(int seconds, T record)
        where T : JournalRecord => record with { Timestamp = DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(seconds) };

    private static IEnumerable<string> Texts(IEnumerable<JournalRecord> records) => records.Select(record => Encoding.UTF8.GetString(JournalRecordJson.Write(record)));
}
