using System.Globalization;
using System.Runtime.CompilerServices;

namespace AgentStream.TestTools;

/// <summary>Waits that give up after a while, and then say what they waited for.</summary>
public static class Wait
{
    /// <summary>The longest that a test waits: far longer than anything takes here, so that a busy machine fails no test.</summary>
    public static TimeSpan Limit => TimeSpan.FromMinutes(2);

    /// <summary>Awaits a task, for <see cref="Limit"/> at the most.</summary>
    /// <typeparam name="T">What the task gives.</typeparam>
    /// <param name="task">The task.</param>
    /// <param name="what">What is waited for; by default the expression.</param>
    /// <returns>What the task gave.</returns>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public static async Task<T> Within<T>(this Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await ((Task)task).Within(what);
        return await task;
    }

    /// <summary>Awaits a task, for <see cref="Limit"/> at the most.</summary>
    /// <param name="task">The task.</param>
    /// <param name="what">What is waited for; by default the expression.</param>
    /// <returns>A task that completes with the other.</returns>
    /// <exception cref="TimeoutException">It did not complete.</exception>
    public static async Task Within(this Task task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        ArgumentNullException.ThrowIfNull(task);
        if (await Task.WhenAny(task, Task.Delay(Limit)) != task)
        {
            throw new TimeoutException(Message(what, task.Status.ToString()));
        }

        await task;
    }

    /// <summary>Waits until a condition holds that no event tells of, for <see cref="Limit"/> at the most.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="what">What is waited for; by default the expression.</param>
    /// <returns>A task that completes when it holds.</returns>
    /// <exception cref="TimeoutException">It never held.</exception>
    public static Task Until(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Until(() => Task.FromResult(condition()), what);

    /// <summary>Waits until a condition holds that no event tells of, for <see cref="Limit"/> at the most.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="what">What is waited for; by default the expression.</param>
    /// <returns>A task that completes when it holds.</returns>
    /// <exception cref="TimeoutException">It never held.</exception>
    public static async Task Until(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        ArgumentNullException.ThrowIfNull(condition);
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Limit)
            {
                throw new TimeoutException(Message(what, "never true"));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    private static string Message(string what, string seen) =>
        string.Create(CultureInfo.InvariantCulture, $"Waited {Limit.TotalSeconds:0} s for: {what}. Seen: {seen}.");
}
