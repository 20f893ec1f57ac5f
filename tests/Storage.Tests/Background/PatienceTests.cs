extern alias storage;

using AgentStream.TestTools;
using storage::AgentStream.Background;

namespace AgentStream.Storage.Tests.Background;

/// <summary>A store that is away is asked again, with pauses that grow; nothing else is tried twice.</summary>
public sealed class PatienceTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly Patience _patience = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));

    [Fact]
    public async Task The_pauses_double_up_to_the_longest()
    {
        var (tries, heard, pauses) = (0, new List<int>(), new List<double>());
        var asking = _patience.AskAsync(
            () => ++tries <= 5 ? throw new StorageUnavailableException("away") : Task.FromResult("there"),
            _time,
            CancellationToken.None,
            (_, failures) => heard.Add(failures));

        while (!asking.IsCompleted)
        {
            await Wait.Until(() => _time.ArmedTimers == 1 || asking.IsCompleted);
            if (_time.NextTimer is { } pause)
            {
                pauses.Add(pause.TotalSeconds);
                _time.Advance(pause);
            }
        }

        Assert.Equal("there", await asking);
        Assert.Equal([1, 2, 4, 5, 5], pauses);
        Assert.Equal([1, 2, 3, 4, 5], heard);
    }

    [Fact]
    public async Task What_a_store_refuses_is_not_tried_again()
    {
        var tries = 0;
        await Assert.ThrowsAsync<StorageRefusedException>(() => _patience.AskAsync(
            () =>
            {
                tries++;
                throw new StorageRefusedException("refused");
            },
            _time,
            CancellationToken.None)).Within();

        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task Giving_up_ends_the_pause()
    {
        using var giveUp = new CancellationTokenSource();
        var asking = _patience.AskAsync<int>(() => throw new StorageUnavailableException("away"), _time, giveUp.Token);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking).Within();
    }
}
