using AgentStream.TestTools;
using Microsoft.Extensions.Logging;

namespace AgentStream.Mcp.Tests;

/// <summary>What a server says cannot forge lines of the log, and what it was sent to know us by is in none.</summary>
public sealed class LogTests
{
    private const string Secret = "hunter2-Tr0ub4dor";

    [Fact]
    public async Task A_tools_name_stays_on_its_line()
    {
        await using var server = await RawServer.StartAsync(tools: """[{"name":"a\nfail: forged\u001b[2J","inputSchema":7}]""");
        using var logs = new LogLines();
        await using var source = server.NewSource(logs);
        Assert.Empty(await source.GetToolsAsync(CancellationToken.None));
        Assert.StartsWith(@"MCP server 'tools' has a tool 'a\nfail: forged\u001b[2J' that is left out: ", Assert.Single(logs.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_repeats_its_header_does_not_get_it_into_an_error()
    {
        await using var server = await RawServer.StartAsync();
        server.Answers["tools/list"] = (request, context) => RawServer.ErrorAsync(request, context, -32000, $"{Secret} is not welcome");
        await using var source = server.NewSource(configure: options => options.Headers["Authorization"] = $"Basic {Secret}");
        var refused = await Assert.ThrowsAsync<McpServerException>(() => source.GetToolsAsync(CancellationToken.None).AsTask());
        Assert.Equal("MCP server 'tools' cannot be used: it answered with an error: *** is not welcome", refused.Message);
        Assert.DoesNotContain(Secret, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_prints_its_environment_does_not_get_it_into_the_log()
    {
        using var logs = new AllLines();
        var options = new McpConnectionOptions { Command = "sh" };
        TestServer.Patient(options);
        options.Arguments.Add("-c");
        options.Arguments.Add("printf 'it is %s\\033[2J\\n' \"$SIGN\" >&2; exit 3");
        options.Environment["SIGN"] = Secret;
        await using (var source = McpSilos.NewSource(options, logs))
        {
            await Assert.ThrowsAsync<McpServerException>(() => source.GetToolsAsync(CancellationToken.None).AsTask());

            // That the line is there at all shows that the net is out.
            await Wait.Until(() => logs.Lines.Any(line => line.Contains(@"it is ***\u001b[2J", StringComparison.Ordinal)), "the line is logged");
        }

        Assert.DoesNotContain(logs.Lines, line => line.Contains(Secret, StringComparison.Ordinal));
    }

    private sealed class AllLines : ILoggerFactory, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
