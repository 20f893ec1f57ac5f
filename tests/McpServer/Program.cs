using AgentStream.McpServer;

// McpServer [--journal FILE] [--protocol VERSION] [--http PORT] [--hello fails]
var settings = new ConfigurationBuilder().AddCommandLine(args).Build();
var journal = new ServerJournal(settings["journal"]);
journal.Write($"started {Environment.ProcessId}");

if (settings["hello"] == "fails")
{
    Console.Error.WriteLine("the secret is 1234");
    return 3;
}

var tools = new ServerTools(journal, settings["protocol"]);
await (settings["http"] is { } port ? HttpServer.RunAsync(port, tools) : StdioServer.RunAsync(tools));
journal.Write("ended");
return 0;
