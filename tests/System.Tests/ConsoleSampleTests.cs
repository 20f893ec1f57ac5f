using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>samples/Console, as a process: an agent in the terminal, without a silo.</summary>
public sealed class ConsoleSampleTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private const string Forever = "01:00:00";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-console-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task It_shows_calls_and_answers_and_keeps_the_history()
    {
        await using var first = Start("how long is banana?\nand cherry?\n", "00:00:00");
        Assert.Equal(
            (0, "> [count_letters {\"word\":\"banana\"}]\nbanana has 6 letters.\n> [count_letters {\"word\":\"cherry\"}]\ncherry has 6 letters.\n> ", ""),
            await first.EndAsync());
        await using var later = Start("and fig?\n", "00:00:00");
        Assert.Equal((0, "> [count_letters {\"word\":\"fig\"}]\nfig has 3 letters.\n> ", ""), await later.EndAsync());

        // The model is sent what was said before: each answer has read more than the one before it.
        var read = Messages().Where(message => message.GetProperty("kind").GetString() == "response")
            .Select(message => message.GetProperty("usage").GetProperty("input_tokens").GetInt64()).Where(tokens => tokens > 0).ToList();
        Assert.Equal(3, read.Count);
        Assert.Equal(read.Order().Distinct(), read);
    }

    [Fact]
    public async Task Ctrl_C_cancels_the_run_and_not_the_program()
    {
        await using var console = Start("how long is banana?\nand cherry?\n", Forever);
        await console.WritesAsync("banana");
        await console.InterruptAsync();
        await console.WritesAsync("cherry");
        await console.InterruptAsync();

        Assert.Equal(
            (0, "> [count_letters {\"word\":\"banana\"}]\n\n[canceled]\n> [count_letters {\"word\":\"cherry\"}]\n\n[canceled]\n> ", ""), await console.EndAsync());
    }

    [Fact]
    public async Task Ctrl_C_at_the_prompt_ends_the_program()
    {
        await using var console = Start("", Forever, isInputOpen: true);
        await console.WritesAsync("> ");
        await console.InterruptAsync();
        Assert.Equal((130, "> ", ""), await console.EndAsync());
    }

    [Fact]
    public async Task With_a_Redis_a_silo_follows_its_run_and_cancels_it()
    {
        var prefix = RedisServer.NewPrefix();
        await using var silo = await SiloProcess.StartAsync($"--AgentStream:RedisPrefix={prefix}", $"--ConnectionStrings:redis={redis.Server.Configuration}");
        await using var console = Start("how long is banana?\n", Forever, new() { ["REDIS"] = redis.Server.Configuration, ["REDIS_PREFIX"] = prefix });
        await console.WritesAsync("banana");

        using var http = new HttpClient { BaseAddress = silo.Url };
        var frames = new SseReader(await http.GetAsync("chat/console/stream", HttpCompletionOption.ResponseHeadersRead).Within());
        while (!(await frames.NextAsync())!.Contains("banana has 6 letters.", StringComparison.Ordinal))
        {
        }

        using var canceled = await http.PostAsync("chat/console/cancel", null).Within();
        Assert.Equal("""{"cancelled":true}""", await canceled.Content.ReadAsStringAsync());
        Assert.Equal((0, "> [count_letters {\"word\":\"banana\"}]\n\n[canceled]\n> ", ""), await console.EndAsync());
    }

    private ProgramProcess Start(string input, string delay, Dictionary<string, string>? environment = null, bool isInputOpen = false) => ProgramProcess.Start(
        "ConsoleProgram", [Path.Combine(_folder.FullName, "history.json")], new(environment ?? []) { ["TOKEN_DELAY"] = delay }, input, isInputOpen);

    private List<JsonElement> Messages() => [.. JsonElement.Parse(File.ReadAllBytes(Path.Combine(_folder.FullName, "history.json"))).EnumerateArray()];
}
