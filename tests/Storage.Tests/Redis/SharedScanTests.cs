using AgentStream.Storage.Redis;
using AgentStream.TestTools;

namespace AgentStream.Storage.Tests.Redis;

/// <summary>One costly answer at a time, for all who ask meanwhile and for a second after.</summary>
public sealed class SharedScanTests
{
    private readonly ManualTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly List<TaskCompletionSource<int>> _asked = [];
    private readonly SharedScan<int> _scan;

    public SharedScanTests() => _scan = new(
        () =>
        {
            _asked.Add(new(TaskCreationOptions.RunContinuationsAsynchronously));
            return _asked[^1].Task;
        },
        _time);

    [Fact]
    public async Task Those_who_come_meanwhile_share_an_answer_and_it_serves_for_a_second_from_its_end()
    {
        var first = Enumerable.Range(0, 40).Select(_ => _scan.GetAsync(CancellationToken.None)).ToArray();
        await Wait.Until(() => _asked.Count == 1);
        _time.Advance(TimeSpan.FromMinutes(1));
        var late = _scan.GetAsync(CancellationToken.None);
        _asked[0].SetResult(1);
        Assert.All(await Task.WhenAll([.. first, late]), answer => Assert.Equal(1, answer));

        _time.Advance(SharedScan<int>.MaxAge - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, await _scan.GetAsync(CancellationToken.None));
        Assert.Single(_asked);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        var next = _scan.GetAsync(CancellationToken.None);
        await Wait.Until(() => _asked.Count == 2);
        _asked[1].SetResult(2);
        Assert.Equal(2, await next);
    }

    [Fact]
    public async Task One_who_gives_up_takes_the_answer_from_no_other()
    {
        using var giveUp = new CancellationTokenSource();
        var (leaves, stays) = (_scan.GetAsync(giveUp.Token), _scan.GetAsync(CancellationToken.None));
        await Wait.Until(() => _asked.Count == 1);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);
        _asked[0].SetResult(1);
        Assert.Equal(1, await stays);
    }

    [Fact]
    public async Task A_fault_is_not_kept()
    {
        var failing = _scan.GetAsync(CancellationToken.None);
        await Wait.Until(() => _asked.Count == 1);
        _asked[0].SetException(new StorageUnavailableException("away"));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => failing);
        var next = _scan.GetAsync(CancellationToken.None);
        await Wait.Until(() => _asked.Count == 2);
        _asked[1].SetResult(2);
        Assert.Equal(2, await next);
    }
}
