using AgentStream.TestTools;
using Xunit.Abstractions;

namespace AgentStream.System.Tests;

/// <summary>What a model or an MCP server sends without an end costs a silo little memory: read from the system, in a process of its own.</summary>
public sealed class MemoryTests(ITestOutputHelper output)
{
    private const long MostKilobytes = 400_000;

    [Fact]
    public async Task Floods_of_300_MB_are_cut_off_and_take_little_memory()
    {
        using var flood = new FloodServer();
        await using var silo = await SiloProcess.StartAsPrintedAsync(["--urls", "http://127.0.0.1:0", .. Agent("flood"), .. Agent("program"), .. Agent("web"),
            "--AgentStream:Agents:program:McpServers:files:Command=sh", "--AgentStream:Agents:program:McpServers:files:Arguments:0=-c",
            $"--AgentStream:Agents:program:McpServers:files:Arguments:1={FloodServer.Program}", "--AgentStream:Agents:program:McpServers:files:Initialize=legacy",
            $"--AgentStream:Agents:web:McpServers:files:Url={flood.Url}mcp", "--AgentStream:Agents:web:McpServers:files:Initialize=legacy"]);
        using var http = new HttpClient { BaseAddress = silo.Url };
        output.WriteLine($"at the start: {silo.PeakMemory:N0} kB");

        await AskAsync("flood", "answer", "crashed - the model's answer is longer than 4000000 characters (AgentStream:MaxAnswerLength)");
        await AskAsync("flood", "argument", "sent too much: the tool calls of its answer are longer than 16000000 characters");
        await AskAsync("flood", "line", "sent too much: an event of its answer is longer than 8388608 bytes");
        await AskAsync("web", "result", "did not answer the call: it sent a message of more than 8388608 bytes (MaxMessageBytes)");
        await AskAsync("program", "result", "did not answer the call: it sent a message of more than 8388608 bytes (MaxMessageBytes)");

        IEnumerable<string> Agent(string name) => [$"--AgentStream:Agents:{name}:Model=tiny", $"--AgentStream:Agents:{name}:Endpoint={flood.Url}v1"];

        async Task AskAsync(string agent, string prompt, string expected)
        {
            using var reader = new SseReader(await SseReader.OpenAsync(http, () => SseReader.Ask(new { prompt, agent })));
            var told = new List<string>();
            while (await reader.ReadAsync() is { } frame)
            {
                told.Add(frame.Data);
            }

            Assert.True(told.Exists(data => data.Contains(expected, StringComparison.Ordinal)), $"{agent} {prompt}: {told[^1]}");
            Assert.True(flood.Sent < FloodServer.Size, $"All of the flood of {agent} {prompt} was read.");
            output.WriteLine($"after {agent} {prompt}: {silo.PeakMemory:N0} kB");
            Assert.InRange(silo.PeakMemory, 1, MostKilobytes);
        }
    }
}
