using System.Text;
using AgentStream.Storage;
using AgentStream.Storage.InMemory;
using AgentStream.Storage.Journal;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>A long history does not stay in the memory of its session, and a short one does.</summary>
public sealed class LargeStateTests
{
    private readonly SessionKey _key = TestSilos.NewSession();
    private readonly CountingJournal _journal = new();

    [Theory]
    [InlineData(1_000, false)]
    [InlineData(5_000_000, true)]
    public async Task It_is_read_again_by_the_next_call(int length, bool isReadAgain)
    {
        await using var silos = await TestSilos.StartAsync(
            null, new ScriptedModel([Step.Say("one")]), _ => { }, _ => { }, services => services.AddSingleton<ISessionJournal>(_journal));
        var text = new string('x', length);
        await silos.Client.ImportMessagesAsync(_key, Encoding.UTF8.GetBytes(
            $$"""[{"kind":"request","parts":[{"part_kind":"user-prompt","content":"{{text}}","timestamp":"2026-01-01T00:00:00Z"}]},{"kind":"response","parts":[]}]"""));
        for (var i = 0; i < 2; i++)
        {
            _journal.WholeReads = 0;
            Assert.Equal(text, (await silos.Client.GetSessionAsync(_key))!.Title);
            Assert.Equal(isReadAgain ? 1 : 0, _journal.WholeReads);
        }

        // A run has it to its end, and then it is gone, too.
        await silos.RunAsync(_key);
        await silos.Client.GetSessionAsync(_key);
        _journal.WholeReads = 0;
        Assert.Equal(text, (await silos.Client.GetSessionAsync(_key))!.Title);
        Assert.Equal(isReadAgain ? 1 : 0, _journal.WholeReads);
    }

    /// <summary>A journal that gives what it has kept as one that comes from a disk: each read is of new records.</summary>
    private sealed class CountingJournal : ISessionJournal
    {
        private readonly InMemoryJournal _journal = new();

        public int WholeReads { get; set; }

        public async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default)
        {
            var records = await _journal.ReadAsync(key, afterVersion, cancellationToken);
            WholeReads += records.Any(record => record is ImportedRecord) ? 1 : 0;
            return [.. records.Select(record => JournalRecordJson.Read(JournalRecordJson.Write(record)))];
        }

        public ValueTask AppendAsync(RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default) =>
            _journal.AppendAsync(owner, expectedVersion, records, cancellationToken);

        public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
            _journal.ListSessionsAsync(user, count, cancellationToken);

        public ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default) => _journal.DeleteAsync(owner, cancellationToken);
    }
}
