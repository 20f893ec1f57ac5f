using System.Globalization;
using System.Text;

namespace AgentStream.Chaos;

/// <summary>
/// The side effects of tools: a file that lines are added to, <c>started 1795345831056000 s1.1/0.0-a1b2c3</c> with the time in microseconds. A line is in the hands of the operating
/// system when <see cref="Write"/> returns, so it outlives a kill of the process.
/// </summary>
internal sealed class ToolBook(string path) : IAsyncDisposable
{
    public const string Started = "started";
    public const string Finished = "finished";

    private readonly FileStream _file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    private readonly Lock _one = new();

    /// <summary>Adds a line.</summary>
    public void Write(string what, string call)
    {
        lock (_one)
        {
            _file.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{what} {Microseconds(DateTime.UtcNow)} {call}\n")));
        }
    }

    /// <summary>The lines of all books in a directory.</summary>
    public static IEnumerable<ToolLine> ReadAll(string directory) =>
        from file in Directory.EnumerateFiles(directory, "tools-*")
        from line in File.ReadLines(file)
        let words = line.Split(' ')
        where words.Length == 3
        select new ToolLine(words[0], long.Parse(words[1], CultureInfo.InvariantCulture), words[2]);

    /// <summary>A time as the book writes it.</summary>
    public static long Microseconds(DateTime utc) => (utc - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _file.DisposeAsync();
}

/// <summary>A line of a tool book.</summary>
/// <param name="What"><see cref="ToolBook.Started"/>, <see cref="ToolBook.Finished"/> or <see cref="Approvals.PaymentTool.Paid"/>.</param>
/// <param name="At">When, in microseconds.</param>
/// <param name="Call">The call's id.</param>
internal readonly record struct ToolLine(string What, long At, string Call);
