using System.Text.Json;
using AgentStream.Bench.Stages;

namespace AgentStream.Bench.Roles;

/// <summary>A process that only listens. Each line that it is told names a session; it answers <c>listening</c>, then <c>ages: [...]</c> when the run has ended.</summary>
internal static class ListenerRole
{
    public static async Task RunAsync(string[] args)
    {
        await using var silo = await LocalSilo.StartAsync(args[0], args[1], hasAgent: false);
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is { } session)
        {
            var ages = await AgesAsync(silo.Client, SessionKey.Parse(session), () => Console.WriteLine("listening"));
            Console.WriteLine($"ages: {JsonSerializer.Serialize(ages)}");
        }
    }

    /// <summary>Follows a run with stamped tokens.</summary>
    /// <param name="client">Listens.</param>
    /// <param name="session">A session with a run under way.</param>
    /// <param name="listening">Called with the first event.</param>
    /// <returns>How old each token was when it came, in microseconds.</returns>
    public static async Task<List<double>> AgesAsync(AgentStreamClient client, SessionKey session, Action listening)
    {
        var ages = new List<double>();
        await foreach (var item in client.ListenRawAsync(session))
        {
            if (item.IsBegin)
            {
                listening();
            }
            else if (TokenPlan.Age(item.Body.Span) is { } age)
            {
                ages.Add(age);
            }
        }

        return ages;
    }
}
