using AgentStream.AspNetCore.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AgentStream.AspNetCore.Requests;

/// <summary>
/// Lets each user do so much at a time, and all of them together so much in this process. What is more waits for its turn. After work that is not short, the user's slot rests for
/// twice as long as the work took: a user who always has more of it leaves the processors to others most of the time. A request that ends with a 503 has waited, not worked,
/// and its slot does not rest. So when a silo dies, reads of a user's sessions elsewhere do not wait for rests.
/// </summary>
/// <param name="perUser">How much one user may.</param>
/// <param name="all">How much all may.</param>
internal sealed class UserSlots(int perUser, int all)
{
    /// <summary>After shorter work there is no rest.</summary>
    internal static readonly TimeSpan LongWork = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest rest: most of what takes longer is a slow connection, which is no work.</summary>
    internal static readonly TimeSpan MostRest = TimeSpan.FromSeconds(2);

    private const int RestFactor = 2;

    private readonly Dictionary<UserKey, Turns> _users = [];
    private readonly SemaphoreSlim _all = new(all);

    /// <summary>Waits for a slot.</summary>
    /// <param name="user">Who wants it.</param>
    /// <param name="patience">The longest time to wait.</param>
    /// <param name="time">The clock of <paramref name="patience"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="isWork">Asked when the slot is given back: whether there is to be a rest. Null for always.</param>
    /// <returns>Gives the slot back when it is disposed; null when there was none in time.</returns>
    public async ValueTask<IDisposable?> TakeAsync(UserKey user, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken, Func<bool>? isWork = null)
    {
        using var end = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        var turns = Enter(user);
        var isMine = false;
        try
        {
            await turns.Free.WaitAsync(either.Token);
            isMine = true;
            await _all.WaitAsync(either.Token);
            return new Slot(this, user, turns, time, isWork);
        }
        catch (OperationCanceledException)
        {
            Leave(user, turns, isMine);
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>Waits for a slot of whoever sends a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="tooMany">What is said when there is none in time.</param>
    /// <exception cref="RefusedException">There was none in time.</exception>
    public async ValueTask<IDisposable> TakeAsync(HttpContext http, string tooMany) =>
        await TakeAsync(
            http.Caller(), Upload.Grace, http.RequestServices.GetRequiredService<TimeProvider>(), http.RequestAborted, () => http.Response.StatusCode != StatusCodes.Status503ServiceUnavailable)
        ?? throw new RefusedException(StatusCodes.Status503ServiceUnavailable, tooMany);

    private Turns Enter(UserKey user)
    {
        lock (_users)
        {
            var turns = _users.TryGetValue(user, out var known) ? known : _users[user] = new(new(perUser));
            turns.Count++;
            return turns;
        }
    }

    private void Leave(UserKey user, Turns turns, bool hasSlot)
    {
        lock (_users)
        {
            if (hasSlot)
            {
                turns.Free.Release();
            }

            if (--turns.Count == 0)
            {
                _users.Remove(user);
            }
        }
    }

    /// <summary>The slots of a user who has or wants one.</summary>
    private sealed record Turns(SemaphoreSlim Free)
    {
        public int Count { get; set; }
    }

    private async Task RestAsync(UserKey user, Turns turns, TimeSpan held, TimeProvider time)
    {
        if (held >= LongWork)
        {
            var rest = held * RestFactor;
            await Task.Delay(rest < MostRest ? rest : MostRest, time);
        }

        Leave(user, turns, hasSlot: true);
    }

    private sealed class Slot(UserSlots slots, UserKey user, Turns turns, TimeProvider time, Func<bool>? isWork) : IDisposable
    {
        private readonly long _taken = time.GetTimestamp();
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                slots._all.Release();
                _ = slots.RestAsync(user, turns, isWork?.Invoke() == false ? TimeSpan.Zero : time.GetElapsedTime(_taken), time);
            }
        }
    }
}
