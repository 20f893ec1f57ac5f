using System.Globalization;

namespace AgentStream.Chaos;

/// <summary>The agent's tools. Both do the same; a call of <see cref="Once"/> may not be made again when its process has died.</summary>
internal sealed class Tools(ToolBook book)
{
    public const string Work = "work";
    public const string Once = "once";

    /// <summary>What a call answers.</summary>
    public static string Result(string tag, int number) => string.Create(CultureInfo.InvariantCulture, $"{tag}: {number} done");

    /// <summary>Takes a while, and has a side effect: two lines in the book.</summary>
    public async Task<string> WorkAsync(string tag, int number, int milliseconds, ToolCall call, Deps deps, CancellationToken cancellationToken)
    {
        book.Write(ToolBook.Started, call.Id);
        if (number % 4 == 0)
        {
            await deps.AddInfoAsync(new { msg = "working", call = call.Id }, cancellationToken: cancellationToken);
        }

        await Task.Delay(milliseconds, cancellationToken);
        book.Write(ToolBook.Finished, call.Id);
        return Result(tag, number);
    }
}
