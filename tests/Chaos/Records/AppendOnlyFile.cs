using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace AgentStream.Chaos;

/// <summary>
/// Follows the file in which Redis writes down each change before it answers (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence): nothing that was ever in Redis
/// escapes it, in the order in which it took place, whatever expires, is emptied or is repeated, and however often Redis restarts.
/// </summary>
internal sealed class AppendOnlyFile(string redisDirectory, Action<string[]> changed) : IDisposable
{
    private readonly string _directory = Path.Combine(redisDirectory, "appendonlydir");
    private FileStream? _file;

    // Behind the last change that was complete, and where a transaction is one change. What was read behind it is read again: a Redis that was killed cuts off what it had half written.
    private long _read;

    /// <summary>The number of the file that is read now; Redis begins the next one when it writes its data anew.</summary>
    public int Number { get; private set; }

    /// <summary>Takes in what is new.</summary>
    public void Read()
    {
        if (_file is null && !Open())
        {
            return;
        }

        do
        {
            ReadFile();
        }
        while (Open());
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Opens the next file, if there is one: Redis begins a new one when it writes its data anew.</summary>
    private bool Open()
    {
        var next = Directory.EnumerateFiles(_directory, "*.incr.aof").Select(path => (Number: NumberOf(path), Path: path)).Where(file => file.Number > Number).Order().FirstOrDefault();
        if (next.Path is null)
        {
            return false;
        }

        if (next.Number != Number + 1)
        {
            throw new InvalidDataException($"Redis has thrown file {Number + 1} away before it was read; the first that is there is {next.Number}.");
        }

        var file = new FileStream(next.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (_file is not null)
        {
            // Whatever came into the old one before the new one was there.
            ReadFile();
            _file.Dispose();
        }

        (_file, Number, _read) = (file, next.Number, 0);
        return true;
    }

    private void ReadFile()
    {
        var length = _file!.Length - _read;
        if (length <= 0)
        {
            return;
        }

        var bytes = new byte[length];
        _file.Position = _read;
        var rest = bytes.AsSpan(0, _file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        var complete = rest.Length;
        List<string[]>? transaction = null;
        while (Command(ref rest) is { } command)
        {
            switch (command[0].ToUpperInvariant())
            {
                case "MULTI":
                    transaction = [];
                    continue;
                case "EXEC":
                    transaction!.ForEach(changed);
                    transaction = null;
                    break;
                default:
                    if (transaction is not null)
                    {
                        transaction.Add(command);
                        continue;
                    }

                    changed(command);
                    break;
            }

            _read += complete - rest.Length;
            complete = rest.Length;
        }
    }

    /// <summary>The next command, <c>*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n</c>; null when it is not there whole.</summary>
    private static string[]? Command(ref Span<byte> rest)
    {
        var at = rest;
        if (Length(ref at, '*') is not { } count)
        {
            return null;
        }

        var words = new string[count];
        for (var i = 0; i < count; i++)
        {
            if (Length(ref at, '$') is not { } length || at.Length < length + 2)
            {
                return null;
            }

            words[i] = Encoding.UTF8.GetString(at[..length]);
            at = at[(length + 2)..];
        }

        rest = at;
        return words;
    }

    private static int? Length(ref Span<byte> rest, char kind)
    {
        var end = rest.IndexOf((byte)'\n');
        if (end < 0)
        {
            return null;
        }

        if (rest[0] != kind || !Utf8Parser.TryParse(rest[1..end], out int length, out _))
        {
            throw new InvalidDataException($"Redis' file has {Encoding.UTF8.GetString(rest[..end])} where a line with {kind} should be.");
        }

        rest = rest[(end + 1)..];
        return length;
    }

    private static int NumberOf(string path) => int.Parse(Path.GetFileName(path).Split('.')[2], CultureInfo.InvariantCulture);
}
