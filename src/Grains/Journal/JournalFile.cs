using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace AgentStream.Grains.Journal;

/// <summary>
/// The file of a session's journal: a line of JSON for each record. The records of one append are kept all or none, also when the power fails between them: each
/// line of an append but its last ends with a space, which JSON does not mind. What stands behind the last whole append was never acknowledged.
/// </summary>
internal static class JournalFile
{
    /// <summary>Who reads holds back neither who writes nor who deletes.</summary>
    public const FileShare Sharing = FileShare.ReadWrite | FileShare.Delete;

    private const int BlockBytes = 1 << 16;
    private const int TailBytes = 1 << 12;

    // Where a title is looked for: most prompts stand in the first, and the longest that are accepted in the second.
    private const int HeadBytes = 1 << 12;
    private const int LongHeadBytes = 1 << 22;

    /// <summary>The lines of an append.</summary>
    public static ReadOnlyMemory<byte> Lines(IReadOnlyList<JournalRecord> records)
    {
        var lines = new ArrayBufferWriter<byte>();
        for (var i = 0; i < records.Count; i++)
        {
            JournalRecordJson.Write(records[i], lines);
            lines.Write(i < records.Count - 1 ? " \n"u8 : "\n"u8);
        }

        return lines.WrittenMemory;
    }

    /// <summary>Finds the end of the last whole append.</summary>
    /// <returns>The number of lines up to there, how many bytes they are, and how many the file has.</returns>
    public static (long Version, long Length, long FileLength) Scan(SafeFileHandle file)
    {
        var block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        var (lines, version, length, offset) = (0L, 0L, 0L, 0L);
        var before = (byte)0;
        for (int read; (read = RandomAccess.Read(file, block.AsSpan(0, BlockBytes), offset)) > 0; offset += read)
        {
            var from = 0;
            for (int next; (next = block.AsSpan(from, read - from).IndexOf((byte)'\n')) >= 0; from += next + 1)
            {
                lines++;
                if ((from + next > 0 ? block[from + next - 1] : before) != ' ')
                {
                    (version, length) = (lines, offset + from + next + 1);
                }
            }

            before = block[read - 1];
        }

        ArrayPool<byte>.Shared.Return(block);
        return (version, length, offset);
    }

    /// <summary>Reads the records behind a version.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its name, for the error.</param>
    /// <param name="length">How many bytes of it count: whole lines.</param>
    /// <param name="afterVersion">How many lines to pass over.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">A line is no record.</exception>
    public static async Task<IReadOnlyList<JournalRecord>> ReadAsync(
        SafeFileHandle file, string path, long length, long afterVersion, CancellationToken cancellationToken)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(checked((int)length));
        try
        {
            var read = 0;
            for (int more; read < length && (more = await RandomAccess.ReadAsync(file, bytes.AsMemory(read, (int)length - read), read, cancellationToken)) > 0; read += more)
            {
            }

            return Read(bytes.AsSpan(0, read), path, afterVersion);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Looks at the beginning of a file for a title.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">The title; null where there is none so near the beginning.</param>
    /// <returns>False when the file is gone, or nothing whole is in it.</returns>
    public static bool TryReadTitle(string path, out string? title)
    {
        title = null;
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, Sharing);
            var length = RandomAccess.GetLength(file);
            var isThere = TryReadTitle(file, path, (int)Math.Min(length, HeadBytes), out title);
            return length <= HeadBytes ? isThere : title is not null || TryReadTitle(file, path, (int)Math.Min(length, LongHeadBytes), out title) || length > LongHeadBytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (InvalidDataException)
        {
            // Who opens the session is told what is wrong; the list of all sessions does not fail for one.
            return true;
        }
    }

    /// <summary>Whether the last run of a session has not ended. Mostly the last line says so; else all lines are looked at.</summary>
    public static bool IsUnfinished(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, Sharing);
        var length = RandomAccess.GetLength(file);
        var tail = new byte[Math.Min(length, TailBytes)];
        var read = RandomAccess.Read(file, tail, length - tail.Length);
        if (tail.AsSpan(0, read) is [.. var lines, not (byte)' ', (byte)'\n'])
        {
            var start = lines.LastIndexOf((byte)'\n') + 1;
            if ((start > 0 || read == length) && IsOf(lines[start..], JournalRecordTypes.RunEnded))
            {
                return false;
            }
        }

        var bytes = new byte[Scan(file).Length];
        read = RandomAccess.Read(file, bytes, 0);
        var isUnfinished = false;
        foreach (var line in bytes.AsSpan(0, read).Split((byte)'\n'))
        {
            isUnfinished = IsOf(bytes.AsSpan(line), JournalRecordTypes.RunStarted)
                || (isUnfinished && !IsOf(bytes.AsSpan(line), JournalRecordTypes.RunEnded) && !IsOf(bytes.AsSpan(line), JournalRecordTypes.Imported));
        }

        return isUnfinished;
    }

    private static bool TryReadTitle(SafeFileHandle file, string path, int length, out string? title)
    {
        var head = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var records = Read(head.AsSpan(0, RandomAccess.Read(file, head.AsSpan(0, length), 0)), path, afterVersion: 0);
            title = JournaledSession.TitleOf(records);
            return records.Count > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(head);
        }
    }

    private static List<JournalRecord> Read(ReadOnlySpan<byte> lines, string path, long afterVersion)
    {
        var records = new List<JournalRecord>();
        var number = 0L;
        for (int end; (end = lines.IndexOf((byte)'\n')) >= 0; lines = lines[(end + 1)..])
        {
            if (++number <= afterVersion)
            {
                continue;
            }

            try
            {
                records.Add(JournalRecordJson.Read(lines[..end]));
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"Line {number} of '{path}': {e.Message}"), e);
            }
        }

        return records;
    }

    /// <summary>The type comes first in each line.</summary>
    private static bool IsOf(ReadOnlySpan<byte> line, string type) =>
        line.StartsWith("{\"type\":\""u8) && line[9..].StartsWith(Encoding.UTF8.GetBytes(type + '"'));
}
