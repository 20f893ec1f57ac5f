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
        var folder = Directory.CreateTempSubdirectory("agentstream-bench-");
        var redis = $"--ConnectionStrings:redis={stage.Redis.Configuration}";
        var file = FileIn(folder);

        // In the short form there is no time to build more.
        (string Image, string Debug)? more = stage.IsShort
            ? null
            : (await BuildAsync(folder, "publish", "-p:PublishProfile=Container"), await BuildAsync(folder, "build", "-c", "Debug"));

        // One start takes up to a third longer than the next, whatever is started.
        var sides = await stage.AlternateAsync(stage.Pick(15, 1), [
            () => FirstTokenAsync(Settings.Fact("SiloProgram"), file),
            () => FirstTokenAsync(Settings.Fact("SiloProgram"), redis),
            () => FirstWordsAsync(ChildProgram.InRole("empty", ChildProgram.OnFreePort()), "data: "),
            .. more is null ? [] : new[] { () => FirstTokenAsync(more.Value.Image, file), () => FirstTokenAsync(more.Value.Debug, file) },
        ]);
        const string Empty = "an empty Orleans silo with one grain call";
        stage.Report.Add(new("start", "process start to first token, without Redis", Seconds(0), Empty, Seconds(2), Goal.RatioAtMost(MostOfEmpty)));
        if (more is not null)
        {
            stage.Report.Add(new("start", "the same, published as the image is", Seconds(3), Empty, Seconds(2), Goal.RatioAtMost(MostOfEmpty)));
            stage.Report.Add(new("start", "the same, a Debug build, as dotnet run starts it", Seconds(4), Empty, Seconds(2), Goal.RatioAtMost(MostOfEmpty)));
        }

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
        var first = await FirstTokenAsync(Settings.Fact("SiloProgram"), [FileIn(folder), .. arguments]);
        folder.Delete(recursive: true);
        return first.Seconds;
    }

    /// <summary>Builds or publishes the silo.</summary>
    /// <returns>The program.</returns>
    private static async Task<string> BuildAsync(DirectoryInfo folder, string verb, params string[] arguments)
    {
        var output = Path.Combine(folder.FullName, verb);
        await Children.RunAsync("dotnet", [verb, Settings.Fact("SiloProject"), .. arguments, "-o", output]);
        return Path.Combine(output, Path.GetFileName(Settings.Fact("SiloProgram")));
    }

    private static string FileIn(DirectoryInfo folder) => $"--AgentStream:JournalPath={Path.Combine(folder.FullName, "sessions.db")}";

    private static Task<(double Seconds, double MiB)> FirstTokenAsync(string silo, params IEnumerable<string> arguments) =>
        FirstWordsAsync(ChildProgram.SiloAt(silo, [.. ChildProgram.OnFreePort(), "--AgentStream:Demo:TokenDelay=0", .. arguments]), "part_start");

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
