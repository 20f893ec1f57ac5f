using AgentStream.Cli;

return await CommandLine.RunAsync(args);
