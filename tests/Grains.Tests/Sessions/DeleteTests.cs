using AgentStream.Storage.Journal;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.Grains.Tests.Sessions;

/// <summary>A delete takes a session away, whatever its journal has become.</summary>
public sealed class DeleteTests
{
    [Fact]
    public async Task A_session_that_cannot_be_read_can_be_deleted()
    {
        var key = TestSilos.NewSession();
        var journal = new TornJournal();
        await using var silos = await TestSilos.StartAsync(
            null, new ScriptedModel([Step.Say("hello")]), _ => { }, _ => { }, services => services.AddSingleton<ISessionJournal>(journal));
        await silos.RunAsync(key);
        journal.Torn = key;
        await Assert.ThrowsAnyAsync<Exception>(() => silos.Client.GetSessionAsync(key));

        await silos.Client.DeleteSessionAsync(key);

        journal.Torn = null;
        Assert.Null(await silos.Client.GetSessionAsync(key));
        Assert.Empty(await silos.Client.ListSessionsAsync(key.UserKey));
    }
}
