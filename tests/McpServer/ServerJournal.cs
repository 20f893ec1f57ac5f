namespace AgentStream.McpServer;

/// <summary>A file in which tests read what happens here, a line each.</summary>
internal sealed class ServerJournal(string? path)
{
    private readonly Lock _lock = new();

    public void Write(string line)
    {
        if (path is null)
        {
            return;
        }

        lock (_lock)
        {
            // A test reads at the same time.
            using var file = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite));
            file.Write(line + "\n");
        }
    }
}
