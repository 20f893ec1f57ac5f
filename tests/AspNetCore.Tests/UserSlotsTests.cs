using AgentStream.AspNetCore.Requests;
using AgentStream.AspNetCore.Security;
using AgentStream.TestTools;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Tests;

/// <summary>Slots that users have, and share.</summary>
public sealed class UserSlotsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly UserKey One = new("1", "one");
    private static readonly UserKey Two = new("1", "two");

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_user_waits_for_slots_of_their_own_and_nobody_else_does()
    {
        var slots = new UserSlots(perUser: 1, all: 2);
        var first = await TakeAsync(slots, One);
        var second = TakeAsync(slots, One);
        var others = await TakeAsync(slots, Two).Within();
        Assert.False(second.IsCompleted);
        first!.Dispose();
        first.Dispose();
        Assert.NotNull(await second.Within());
        Assert.NotNull(others);
    }

    [Fact]
    public async Task All_together_have_no_more_than_there_are()
    {
        var slots = new UserSlots(perUser: 1, all: 1);
        var first = await TakeAsync(slots, One);
        var second = TakeAsync(slots, Two);
        Assert.False(second.IsCompleted);
        first!.Dispose();
        Assert.NotNull(await second.Within());
    }

    [Fact]
    public async Task Whoever_has_waited_long_enough_gets_none_and_takes_none_from_the_next()
    {
        var slots = new UserSlots(perUser: 1, all: 1);
        var first = await TakeAsync(slots, One);
        Task<IDisposable?>[] waiting = [TakeAsync(slots, One), TakeAsync(slots, Two)];
        using var leaving = new CancellationTokenSource();
        var left = slots.TakeAsync(Two, Patience, _time, leaving.Token).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        _time.Advance(Patience);
        Assert.Equal([null, null], await Task.WhenAll(waiting).Within());

        first!.Dispose();
        Assert.NotNull(await TakeAsync(slots, Two).Within());
    }

    [Theory]
    [InlineData(9, 0)]
    [InlineData(10, 20)]
    [InlineData(700, 1_400)]
    [InlineData(60_000, 2_000)]
    public async Task After_work_a_users_slot_rests_for_twice_as_long_and_nobody_else_waits_for_it(int held, int rest)
    {
        var slots = new UserSlots(perUser: 1, all: 1);
        var first = await TakeAsync(slots, One);
        _time.Advance(TimeSpan.FromMilliseconds(held));
        first!.Dispose();
        (await TakeAsync(slots, Two).Within())!.Dispose();

        var second = TakeAsync(slots, One);
        if (rest > 0)
        {
            _time.Advance(TimeSpan.FromMilliseconds(rest - 1));
            Assert.False(second.IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.NotNull(await second.Within());
    }

    [Theory]
    [InlineData(StatusCodes.Status200OK, false)]
    [InlineData(StatusCodes.Status503ServiceUnavailable, true)]
    public async Task A_request_that_could_not_be_served_is_no_work_to_rest_from(int status, bool isAtOnce)
    {
        var slots = new UserSlots(perUser: 1, all: 1);
        var http = new DefaultHttpContext { RequestServices = new ServiceCollection().AddSingleton<TimeProvider>(_time).BuildServiceProvider() };
        http.Features.Set(new CallerFeature(One));
        var first = await slots.TakeAsync(http, "too many");
        _time.Advance(TimeSpan.FromSeconds(5));
        http.Response.StatusCode = status;
        first.Dispose();

        var second = slots.TakeAsync(http, "too many").AsTask();
        if (!isAtOnce)
        {
            Assert.False(second.IsCompleted);
            _time.Advance(UserSlots.MostRest);
        }

        (await second.Within()).Dispose();
    }

    private Task<IDisposable?> TakeAsync(UserSlots slots, UserKey user) => slots.TakeAsync(user, Patience, _time, CancellationToken.None).AsTask();
}
