using System.Diagnostics;
using AgentStream.Bench.Stages;

namespace AgentStream.Bench.Suites;

/// <summary>The silo as its users start it: until the first token of the first answer, and what it takes in memory then.</summary>
internal static class Start
{
    private const double MostOfEmpty = 1.25;
    private const double MostForRedis = 0.5;

    public static async Task RunAsync(Stage stage)
    {
        var redis = $"--ConnectionStrings:redis={stage.Redis.Configuration}";
        var folder = Directory.CreateTempSubdirectory("agentstream-bench-");
        var file = $"--AgentStream:JournalPath={Path.Combine(folder.FullName, "sessions.db")}";
        var sides = await stage.AlternateAsync(
            () => FirstWordsAsync(ChildProgram.Silo([.. ChildProgram.OnFreePort(), "--AgentStream:Demo:TokenDelay=0", file]), "part_start"),
            () => FirstWordsAsync(ChildProgram.Silo([.. ChildProgram.OnFreePort(), "--AgentStream:Demo:TokenDelay=0", redis]), "part_start"),
            () => FirstWordsAsync(ChildProgram.InRole("empty", ChildProgram.OnFreePort()), "data: "));
        const string Empty = "an empty Orleans silo with one grain call";
        stage.Report.Add(new("start", "process start to first token, without Redis", Seconds(0), Empty, Seconds(2), Goal.RatioAtMost(MostOfEmpty)));
        stage.Report.Add(new(
            "start", "with Redis, each time after a kill -9 of the only silo", Seconds(1), "without Redis", Seconds(0),
            new("≤ 0.5 s more", row => row.Ours.Median - row.Theirs!.Median <= MostForRedis)));
        stage.Report.Add(new("start", "resident memory after it, without Redis", Memory(0), Empty, Memory(2)));
        stage.Report.Add(new("start", "resident memory after it, with Redis", Memory(1), Empty, Memory(2)));

        folder.Delete(recursive: true);

        Figure Seconds(int side) => new("s", [.. sides[side].Select(first => first.Seconds)]);
        Figure Memory(int side) => new("MiB", [.. sides[side].Select(first => first.MiB)]);
    }

    /// <summary>Starts a silo without Redis, with further arguments, and ends it.</summary>
    /// <returns>The seconds to its first token.</returns>
    public static async Task<double> SecondsAsync(string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("agentstream-bench-");
        var file = $"--AgentStream:JournalPath={Path.Combine(folder.FullName, "sessions.db")}";
        var first = await FirstWordsAsync(ChildProgram.Silo([.. ChildProgram.OnFreePort(), "--AgentStream:Demo:TokenDelay=0", file, .. arguments]), "part_start");
        folder.Delete(recursive: true);
        return first.Seconds;
    }

    private static async Task<(double Seconds, double MiB)> FirstWordsAsync(ChildProgram program, string words)
    {
        using (program)
        {
            using var http = new HttpClient { BaseAddress = await program.UrlAsync() };
            using var ask = new HttpRequestMessage(HttpMethod.Post, "chat") { Content = JsonContent.Create(new { prompt = "hello" }) };
            using var answer = await http.SendAsync(ask, HttpCompletionOption.ResponseHeadersRead);
            using var lines = new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
            while (await lines.ReadLineAsync() is { } line)
            {
                if (line.Contains(words, StringComparison.Ordinal))
                {
                    var took = Stopwatch.GetElapsedTime(program.Started).TotalSeconds;
                    return (took, program.WorkingSet / 1024.0 / 1024);
                }
            }

            throw new InvalidOperationException($"The answer ended without '{words}'.");
        }
    }
}
