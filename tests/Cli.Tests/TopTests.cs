using System.Text.Json;
using AgentStream.Cli.Output;
using AgentStream.Cli.Top;
using AgentStream.TestTools;
using Spectre.Console;

namespace AgentStream.Cli.Tests;

/// <summary><c>agentstream top</c>: what it shows, whatever sessions and silos are called, and how it looks again and again.</summary>
public sealed class TopTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Now);

    [Fact]
    public void A_cluster_is_its_silos_and_the_runs_of_all_users_the_oldest_first()
    {
        var lines = Lines(Cluster(3));
        Assert.Equal(["silo", "address", "status", "up", "runs", "listeners", "cpu", "memory"], Words(lines[0]));
        Assert.Equal(["web-1", "S10.0.0.1:11111:5", "active", "1h30m", "3", "7", "12%", "256", "MB"], Words(lines[2]));
        Assert.Equal(["web-2", "S10.0.0.2:11111:5", "joining", "0s", "-", "-", "-", "-"], Words(lines[3]));
        Assert.Equal(["session", "user", "agent", "since", "entries", "silo"], Words(lines[4]));
        Assert.Equal(["s0", "1:2", "support", "1m05s", "40", "S10.0.0.1:11111:5"], Words(lines[6]));
        Assert.Equal("3 live runs, 12:00:00Z", lines[^1].Trim());
    }

    [Fact]
    public void No_more_runs_are_shown_than_the_screen_has_lines_for()
    {
        var lines = Lines(Cluster(100), height: 30);
        Assert.InRange(lines.Length, 20, 30);
        Assert.Equal("100 live runs, 17 shown, 12:00:00Z", lines[^1].Trim());
    }

    [Theory]
    [InlineData("\u001b[2J\u001b]0;title\u0007")]
    [InlineData("\u009b2J\r\b\u0085\u0090\n")]
    [InlineData("[red]not red[/] [")]
    public void What_others_call_things_does_not_reach_the_terminal_as_controls_or_markup(string text)
    {
        var look = new TopLook(
            Now, [new(text, text, text, Now, new SiloFigures(text, 1, 1, 0, 0, []))], [new(text, text, text, text, text, Now, 1)], 1);
        foreach (var shown in (string[])[Show(look), Show(look with { Silos = null }), Show(look, fault: text), TopView.Json(look)])
        {
            Assert.DoesNotContain(shown, c => char.IsControl(c) && c != '\n');
        }

        Assert.Contains("[red]not red[/] [", Show(look with { Runs = [new("[red]not red[/] [", "", null, null, null, null, null)] }), StringComparison.Ordinal);
        Assert.Equal(text, JsonElement.Parse(TopView.Json(look)).GetProperty("runs")[0].GetProperty("title").GetString());
    }

    [Fact]
    public void Json_has_all_of_it_on_one_line()
    {
        Assert.Equal(
            """{"at":"2026-01-02T12:00:00+00:00","silos":[{"name":"web-1","address":"S10.0.0.1:11111:5","status":"active","since":"2026-01-02T10:30:00+00:00","runs":1,"listeners":7,"cpu_percent":12.3,"memory_bytes":268435456},{"name":"web-2","address":"S10.0.0.2:11111:5","status":"joining","since":"2026-01-02T12:00:01+00:00"}],"run_count":1,"runs":[{"session_id":"s0","user":"1:2","agent":"support","silo":"S10.0.0.1:11111:5","since":"2026-01-02T11:58:55+00:00","entries":40}]}""",
            TopView.Json(Cluster(1)));
    }

    [Fact]
    public async Task Over_http_there_are_the_callers_own_live_sessions_and_no_silos()
    {
        var user = new UserKey(1, 2);
        var client = Stub.Of<IAgentStreamClient>((method, _) => method.Name == nameof(IAgentStreamClient.ListSessionsAsync)
            ? Task.FromResult(new SessionPage([new(user.Session("new"), "Later", Now, true), new(user.Session("over"), "Over", Now, false), new(user.Session("old"), "Earlier", Now.AddHours(-1), true)], null))
            : throw new NotSupportedException(method.Name));
        var look = await TopSource.LookAsync(client, user, _time, CancellationToken.None);
        Assert.Null(look.Silos);
        Assert.Equal(["old Earlier", "new Later"], look.Runs.Select(run => $"{run.Session} {run.Title}"));
        Assert.Equal(["session", "title"], Words(Lines(look)[0]));
        Assert.Equal("""{"at":"2026-01-02T12:00:00+00:00","run_count":2,"runs":[{"session_id":"old","title":"Earlier"},{"session_id":"new","title":"Later"}]}""", TopView.Json(look));
    }

    [Fact]
    public async Task It_looks_again_after_each_interval_and_keeps_the_last_look_when_one_fails()
    {
        using var left = new CancellationTokenSource();
        var (looks, shown) = (0, new List<string>());
        var loop = new TopLoop(
            _ => ++looks == 2 ? Task.FromException<TopLook>(new StorageUnavailableException("away", new TimeoutException())) : Task.FromResult(Cluster(looks)), TimeSpan.FromSeconds(2), _time);
        var running = loop.RunAsync((look, fault) => shown.Add($"{look.RunCount} {fault}"), left.Token);
        Assert.Equal(["1 "], shown);
        _time.Advance(TimeSpan.FromSeconds(2));
        await Wait.Until(() => shown.Count == 2 && _time.ArmedTimers == 1, "a second look");
        _time.Advance(TimeSpan.FromSeconds(2));
        await Wait.Until(() => shown.Count == 3, "a third look");
        Assert.Equal(["1 ", "1 away", "3 "], shown);
        await left.CancelAsync();
        await running.Within();
    }

    [Fact]
    public async Task When_the_first_look_fails_there_is_nothing_to_show()
    {
        var loop = new TopLoop(_ => Task.FromException<TopLook>(new StorageUnavailableException("away", new TimeoutException())), TimeSpan.FromSeconds(2), _time);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => loop.RunAsync((_, _) => Assert.Fail("There is nothing."), CancellationToken.None));
    }

    [Theory]
    [InlineData(-3, "0s")]
    [InlineData(59, "59s")]
    [InlineData(125, "2m05s")]
    [InlineData(3_900, "1h05m")]
    [InlineData(90_000, "1d01h")]
    public void An_age_has_two_units_at_the_most(int seconds, string age) => Assert.Equal(age, TopView.Age(TimeSpan.FromSeconds(seconds)));

    private static TopLook Cluster(int runs)
    {
        const string First = "S10.0.0.1:11111:5";
        return new(
            Now,
            [
                new("web-1", First, "active", Now.AddMinutes(-90), new SiloFigures(First, runs, 7, 12.34, 256 << 20, [])),
                new("web-2", "S10.0.0.2:11111:5", "joining", Now.AddSeconds(1), null),
            ],
            [.. Enumerable.Range(0, runs).Select(i => new TopRun($"s{i}", "1:2", null, "support", First, Now.AddSeconds(i - 65), 40))],
            runs);
    }

    private static string[] Lines(TopLook look, int height = 50) => [.. Show(look, height).Split('\n').Where(line => line.Trim().Length > 0)];

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Show(TopLook look, int height = 50, string? fault = null)
    {
        using var output = new StringWriter();
        var console = RunViews.Console(output, AnsiSupport.No);
        console.Profile.Width = 200;
        console.Write(TopView.Tables(look, height, fault));
        return output.ToString();
    }
}
