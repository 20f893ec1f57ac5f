using AgentStream.McpServer;

// McpServer [--journal FILE] [--protocol VERSION] [--http PORT] [--hello silent|fails]
var settings = new ConfigurationBuilder().AddCommandLine(args).Build();
var journal = new ServerJournal(settings["journal"]);
journal.Write($"started {Environment.ProcessId}");

switch (settings["hello"])
{
    case "fails":
        Console.Error.WriteLine("the secret is 1234");
        return 3;
    case "silent":
        await Console.In.ReadToEndAsync();
        return 0;
}

var tools = new ServerTools(journal, settings["protocol"]);
await (settings["http"] is { } port ? HttpServer.RunAsync(port, tools) : StdioServer.RunAsync(tools));
journal.Write("ended");
return 0;
