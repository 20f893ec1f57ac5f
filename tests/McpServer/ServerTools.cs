using System.ComponentModel;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace AgentStream.McpServer;

/// <summary>The tools.</summary>
internal sealed class ServerTools
{
    private readonly ServerJournal _journal;
    private readonly McpServerPrimitiveCollection<McpServerTool> _tools = [];

    public ServerTools(ServerJournal journal, string? protocolVersion)
    {
        _journal = journal;
        Options = new McpServerOptions
        {
            ServerInfo = new Implementation { Name = "test", Version = "1" },
            ProtocolVersion = protocolVersion,
            ToolCollection = _tools,
        };
        Options.Filters.Request.ListToolsFilters.Add(next => (request, cancellationToken) =>
        {
            _journal.Write("list");
            return next(request, cancellationToken);
        });
        Add(Echo);
        Add(Sum, structured: true);
        Add(Fail);
        Add(Picture);
        Add(HangAsync);
        Add(Learn);
        Add(Whereabouts, structured: true);
    }

    public McpServerOptions Options { get; }

    [Description("Says it again.")]
    private static string Echo([Description("What to say.")] string text) => text;

    private static Total Sum(int a, int b) => new(a + b);

    private static CallToolResult Fail(string why) => new() { IsError = true, Content = [new TextContentBlock { Text = why }] };

    private static IEnumerable<ContentBlock> Picture() =>
        [new TextContentBlock { Text = "a dot" }, ImageContentBlock.FromBytes(new byte[] { 1, 2, 3 }, "image/png")];

    private static Place Whereabouts() => new(
        Environment.ProcessId, Environment.CurrentDirectory, [.. Environment.GetEnvironmentVariables().Keys.Cast<string>().Order(StringComparer.Ordinal)]);

    private async Task<string> HangAsync(CancellationToken cancellationToken)
    {
        _journal.Write("hanging");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            _journal.Write("let go");
        }

        return "never";
    }

    /// <summary>From now on there is a tool of that name.</summary>
    private string Learn(string name)
    {
        _tools.Add(McpServerTool.Create(() => $"I am {name}", new McpServerToolCreateOptions { Name = name }));
        return "learned";
    }

    private void Add(Delegate method, bool structured = false)
    {
        var name = method.Method.Name.Replace("Async", "", StringComparison.Ordinal).ToLowerInvariant();
        _tools.Add(McpServerTool.Create(method, new McpServerToolCreateOptions { Name = name, UseStructuredContent = structured }));
    }

    private sealed record Total(int Sum);

    private sealed record Place(int Pid, string Directory, string[] Variables);
}
