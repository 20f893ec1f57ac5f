using AgentStream.Storage;
using AgentStream.Storage.Journal;

namespace AgentStream.Simulation.Tests;

/// <summary>The real journal in Redis, over the network of the schedule.</summary>
internal sealed class SiloJournal(World world, Silo silo) : ISessionJournal
{
    public async ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(SessionKey key, long afterVersion, CancellationToken cancellationToken = default) =>
        await world.Network.SendAsync(
            silo,
            $"read journal {key.Session} behind {afterVersion}",
            async () => (IReadOnlyList<JournalRecord>)[.. (await world.Journal.ReadAsync(key, afterVersion, CancellationToken.None)).Select(world.Mutant.Reads)],
            cancellationToken);

    public async ValueTask AppendAsync(
        RunToken owner, long expectedVersion, IReadOnlyList<JournalRecord> records, CancellationToken cancellationToken = default) =>
        await world.Network.SendAsync(
            silo,
            $"journal {world.Book.Name(owner)} at {expectedVersion}: {string.Join(", ", records.Select(record => record.GetType().Name[..^"Record".Length]))}",
            async () =>
            {
                try
                {
                    await world.Journal.AppendAsync(owner, expectedVersion, records, CancellationToken.None);
                }
                catch (OwnershipLostException)
                {
                    world.Book.JournalRefused(owner, expectedVersion);
                    throw;
                }

                return world.Book.Journaled(owner, expectedVersion, records);
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<JournaledSession>> ListSessionsAsync(UserKey user, int count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Nobody lists sessions in a simulation.");

    public async ValueTask DeleteAsync(RunToken owner, CancellationToken cancellationToken = default) => await world.Network.SendAsync(
        silo,
        $"delete journal by {world.Book.Name(owner)}",
        async () =>
        {
            await world.Journal.DeleteAsync(owner, CancellationToken.None);
            return world.Book.Deleted(owner);
        },
        cancellationToken);
}
