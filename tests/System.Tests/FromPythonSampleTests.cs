using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>samples/FromPython: its two sides as processes, on one Redis.</summary>
public sealed class FromPythonSampleTests(RedisFixture redis) : IClassFixture<RedisFixture>, IDisposable
{
    private readonly string _prefix = RedisServer.NewPrefix();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-python-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_silo_finds_follows_and_cancels_a_run_of_Python()
    {
        await using var silo = await StartAsync();
        using var http = new HttpClient { BaseAddress = silo.Url };
        using var python = Python("run", "s1", string.Join(' ', Enumerable.Range(1, 10_000)));
        Assert.Equal("1", await python.StandardOutput.ReadLineAsync().Within("a word of Python"));

        Assert.Contains("\"s1\"", await http.GetStringAsync("chat?include_foreign=true").Within(), StringComparison.Ordinal);
        using var stream = new SseReader(await http.GetAsync("chat/s1/stream", HttpCompletionOption.ResponseHeadersRead).Within());
        Assert.Equal("""{"type":"begin","origin":"pydantic-ai-stream","body":{"session_id":"s1"}}""", Compact((await stream.ReadAsync())?.Data));
        using var canceled = await http.PostAsync("chat/s1/cancel", null).Within();
        Assert.Equal("""{"cancelled":true}""", await canceled.Content.ReadAsStringAsync());

        Assert.Equal("canceled", (await python.StandardError.ReadToEndAsync().Within("the end of Python")).Trim());
        Assert.Equal("""{"type":"error","origin":"developer","body":{"msg":"canceled"}}""", Compact((await RestAsync(stream))[^1]));
        Assert.False(File.Exists(Path.Combine(_folder.FullName, "s1.json")));
    }

    [Fact]
    public async Task Python_finds_follows_and_cancels_a_run_of_the_silo()
    {
        await using var silo = await StartAsync("--TokenDelay=01:00:00");
        using var http = new HttpClient { BaseAddress = silo.Url };
        using var stream = await AskAsync(http, "s1", "good morning");
        Assert.Contains("begin", await stream.NextAsync(), StringComparison.Ordinal);
        using var listener = Python("listen", "s1");
        Assert.Equal("""{"type":"begin","origin":"pydantic-ai-stream","body":{"session_id":"s1"}}""", Compact(await listener.StandardOutput.ReadLineAsync().Within("an entry in Python")));

        Assert.Equal("s1", await SaidAsync("ls"));
        Assert.Equal("true", await SaidAsync("cancel", "s1"));

        Assert.Equal("""{"type":"error","origin":"developer","body":{"msg":"canceled"}}""", Compact((await RestAsync(stream))[^1]));
        var heard = await listener.StandardOutput.ReadToEndAsync().Within("the end of the listener");
        Assert.EndsWith("""{"type":"error","origin":"developer","body":{"msg":"canceled"}}""", Compact(heard.Trim().Split('\n')[^1]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_history_of_Python_is_brought_over_and_continued()
    {
        await using var silo = await StartAsync("--TokenDelay=00:00:00");
        using var http = new HttpClient { BaseAddress = silo.Url };
        Assert.Equal("good\nmorning", await SaidAsync("run", "s1", "good morning"));
        using var unknown = await http.GetAsync("chat/s1").Within();
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);

        using var history = new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(_folder.FullName, "s1.json"))) { Headers = { ContentType = new("application/json") } };
        using var brought = await http.PutAsync("chat/s1/messages", history).Within();
        Assert.Equal(HttpStatusCode.NoContent, brought.StatusCode);
        using (var stream = await AskAsync(http, "s1", "and good night"))
        {
            await RestAsync(stream);
        }

        var messages = JsonElement.Parse(await http.GetStringAsync("chat/s1/messages").Within());
        Assert.Equal(
            ["good morning", "good morning", "and good night", "and good night"],
            messages.EnumerateArray().Select(message => message.GetProperty("parts")[0].GetProperty("content").GetString()));

        // The model read the four words of the history, and the three new ones.
        Assert.Equal(7, messages[3].GetProperty("usage").GetProperty("input_tokens").GetInt64());
    }

    private Task<SiloProcess> StartAsync(params string[] arguments) => SiloProcess.StartProgramAsync(
        "FromPythonProgram", [$"--AgentStream:RedisPrefix={_prefix}", $"--ConnectionStrings:redis={redis.Server.Configuration}", .. arguments]);

    private Process Python(params string[] arguments)
    {
        var script = Path.Combine(Path.GetDirectoryName(ProgramProcess.PathOf("FromPythonProgram"))!, "python_side.py");
        var start = new ProcessStartInfo("/usr/bin/python3", ["-B", script, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
            Environment = { ["REDIS"] = redis.Server.Configuration, ["PREFIX"] = _prefix, ["DELAY"] = "0.05" },
        };
        return Process.Start(start)!;
    }

    private async Task<string> SaidAsync(params string[] arguments)
    {
        using var python = Python(arguments);
        var said = (await python.StandardOutput.ReadToEndAsync().Within("the end of Python")).Trim();
        await python.WaitForExitAsync().Within("the end of Python");
        Assert.True(python.ExitCode == 0, await python.StandardError.ReadToEndAsync());
        return said;
    }

    private static async Task<SseReader> AskAsync(HttpClient http, string session, string prompt)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat") { Content = JsonContent.Create(new { prompt, session_id = session }) };
        return new(await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within());
    }

    private static async Task<List<string>> RestAsync(SseReader stream) => [.. (await stream.ItemsAsync().Within("the end of the stream")).Select(item => item.Data)];

    private static string Compact(string? json) => JsonSerializer.Serialize(JsonElement.Parse(json!));
}
