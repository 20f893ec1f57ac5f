using System.Net;
using System.Text;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.System.Tests;

/// <summary>The silo without a Redis, as its users start it: its sessions are there when it is started again in the same folder.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-restart-");

    private string Sessions => Path.Combine(_folder.FullName, ".agentstream", "sessions.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_conversation_continues_after_a_restart()
    {
        await using (var silo = await SiloProcess.StartInAsync(_folder.FullName, "--AgentStream:Demo:TokenDelay=0"))
        {
            Assert.Contains($"Sessions are kept in {Sessions}.", silo.Output, StringComparison.Ordinal);
            using var http = new HttpClient { BaseAddress = silo.Url };
            await ReadToEndAsync(await AskAsync(http, "what is 12*7?"));
            await silo.StopAsync();
        }

        await using (var silo = await SiloProcess.StartInAsync(_folder.FullName, "--AgentStream:Demo:TokenDelay=0"))
        {
            using var http = new HttpClient { BaseAddress = silo.Url };
            using var session = JsonDocument.Parse(await http.GetStringAsync("chat/s"));
            Assert.Equal("what is 12*7?", session.RootElement.GetProperty("title").GetString());
            await ReadToEndAsync(await AskAsync(http, "and 13*7?"));
            Assert.Equal(8, JsonDocument.Parse(await http.GetStringAsync("chat/s/messages")).RootElement.GetArrayLength());
        }
    }

    [Fact]
    public async Task The_same_command_again_in_the_same_folder_is_one_sentence_and_leaves_no_file()
    {
        await using var silo = await SiloProcess.StartInAsync(_folder.FullName);
        var files = Directory.GetFiles(Path.GetDirectoryName(Sessions)!).Order().ToList();
        var (exitCode, output) = await SiloProcess.RunToExitInAsync(_folder.FullName, "--urls", silo.Url.ToString());
        Assert.Equal((1, $"AgentStream cannot start: Failed to bind to address {silo.Url}: address already in use."), (exitCode, output.Trim()));
        Assert.Equal(files, Directory.GetFiles(Path.GetDirectoryName(Sessions)!).Order());
        using var http = new HttpClient { BaseAddress = silo.Url };
        Assert.Equal("[]", await http.GetStringAsync("chat"));
    }

    [Fact]
    public async Task A_call_that_waits_for_a_person_outlives_its_process()
    {
        JsonElement request;
        await using (var silo = await SiloProcess.StartInAsync(_folder.FullName, "--AgentStream:Demo:TokenDelay=0"))
        {
            using var http = new HttpClient { BaseAddress = silo.Url };
            Assert.Contains("approval-requested", (await ReadToEndAsync(await AskAsync(http, "delete my notes")))[^1], StringComparison.Ordinal);
            request = await PendingAsync(http);
        }

        await using (var silo = await SiloProcess.StartInAsync(_folder.FullName, "--AgentStream:Demo:TokenDelay=0"))
        {
            using var http = new HttpClient { BaseAddress = silo.Url };
            Assert.Equal(request.GetRawText(), (await PendingAsync(http)).GetRawText());
            using var approval = new StringContent("""{"approved":true}""", Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync($"chat/s/approvals/{request.GetProperty("request_id").GetString()}", approval);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var frames = await ReadToEndAsync(new SseReader(await http.GetAsync("chat/s/stream", HttpCompletionOption.ResponseHeadersRead)));
            Assert.Contains(frames, frame => frame.Contains("\"tool_name\":\"delete_notes\",\"tool_call_id\":\"call_1\",\"content\":\"The notes are deleted.\"", StringComparison.Ordinal));
            Assert.Contains(frames, frame => frame.Contains("deleted.\"", StringComparison.Ordinal) && frame.Contains("part_", StringComparison.Ordinal));
        }

        static async Task<JsonElement> PendingAsync(HttpClient http) =>
            Assert.Single(JsonElement.Parse(await http.GetStringAsync("chat/s")).GetProperty("pending").EnumerateArray());
    }

    [Fact]
    public async Task A_run_of_a_killed_process_is_brought_to_its_end_by_the_next()
    {
        await using (var silo = await SiloProcess.StartInAsync(_folder.FullName, "--AgentStream:Demo:TokenDelay=200ms"))
        {
            using var http = new HttpClient { BaseAddress = silo.Url };
            using var asking = await AskAsync(http, "count to 300");
            for (var frame = 0; frame < 10; frame++)
            {
                Assert.NotNull(await asking.ReadAsync());
            }
        }

        await using (var silo = await SiloProcess.StartInAsync(_folder.FullName, "--AgentStream:Demo:TokenDelay=0"))
        {
            using var http = new HttpClient { BaseAddress = silo.Url };
            HttpResponseMessage? following = null;
            await Wait.Until(
                async () => (following = await http.GetAsync("chat/s/stream", HttpCompletionOption.ResponseHeadersRead)).StatusCode == HttpStatusCode.OK, "the run continues");
            var frames = await ReadToEndAsync(new SseReader(following!));
            Assert.Contains("""{"type":"info","origin":"developer","body":{"msg":"resumed","idx":0}}""", frames);
            Assert.Contains("300 ", frames[^2], StringComparison.Ordinal);
            Assert.Contains("llm-end", frames[^1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_second_process_in_the_folder_starts_too_and_one_that_wants_the_same_file_does_not()
    {
        await using var first = await SiloProcess.StartInAsync(_folder.FullName);
        await using var second = await SiloProcess.StartInAsync(_folder.FullName);
        Assert.Contains($"Sessions are kept in {Path.ChangeExtension(Sessions, "2.db")}, since another process uses sessions.db.", second.Output, StringComparison.Ordinal);

        var (exitCode, output) = await SiloProcess.RunToExitAsync("--urls", "http://127.0.0.1:0", $"--AgentStream:JournalPath={Sessions}");
        Assert.Equal(1, exitCode);
        Assert.Equal($"AgentStream cannot start: The database '{Sessions}' is in use by another process; set AgentStream:JournalPath to another file.\n", output);
    }

    private static async Task<SseReader> AskAsync(HttpClient http, string prompt) =>
        new(await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt, session_id = "s" })));

    private static async Task<List<string>> ReadToEndAsync(SseReader reader)
    {
        using (reader)
        {
            var frames = new List<string>();
            while (await reader.ReadAsync() is { } frame)
            {
                frames.Add(frame.Data);
            }

            return frames;
        }
    }
}
