using System.Globalization;
using System.Text;

namespace AgentStream.Models.Answers;

/// <summary>
/// Reads server-sent events as the endpoints of models send them. It tells of everything that arrives, also of comments, which are there
/// to say that the model is still at work; and it takes a line of bare JSON for an event, since that is how some servers say what went
/// wrong.
/// </summary>
internal sealed class EventReader(Stream stream)
{
    private readonly Queue<StreamItem> _ready = new();
    private readonly StringBuilder _data = new();
    private readonly StringBuilder _bare = new();
    private byte[] _buffer = new byte[8192];
    private JsonScan _scan = new();
    private string _type = "";
    private bool _hasData;
    private bool _isFirstLine = true;
    private bool _mayBeLineFeed;
    private bool _isOver;
    private int _length;
    private int _seen;
    private long _read;

    /// <summary>The first line that is nothing known; null for none. It may say why there is no answer.</summary>
    public string? Stray { get; private set; }

    /// <summary>The next event, or sign of life; null at the end of the stream.</summary>
    /// <exception cref="IOException">The stream broke.</exception>
    /// <exception cref="AnswerLimitException">An event is too long, or the stream is.</exception>
    public async ValueTask<StreamItem?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_ready.TryDequeue(out var ready))
        {
            return ready;
        }

        if (_isOver)
        {
            return null;
        }

        if (_length == _buffer.Length)
        {
            Grow();
        }

        var count = await stream.ReadAsync(_buffer.AsMemory(_length), cancellationToken);
        _length += count;
        _read += count;
        if (_read > AnswerLimits.Stream)
        {
            throw new AnswerLimitException(string.Create(CultureInfo.InvariantCulture, $"its answer is longer than {AnswerLimits.Stream} bytes"));
        }

        if (count == 0)
        {
            End();
        }
        else
        {
            TakeLines();
        }

        return _ready.TryDequeue(out ready) ? ready : count == 0 ? null : StreamItem.SignOfLife;
    }

    private void Grow()
    {
        Check(_buffer.Length + 1);
        Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, AnswerLimits.Event));
    }

    private static void Check(int length)
    {
        if (length > AnswerLimits.Event)
        {
            throw new AnswerLimitException(string.Create(CultureInfo.InvariantCulture, $"an event of its answer is longer than {AnswerLimits.Event} bytes"));
        }
    }

    private void TakeLines()
    {
        var start = 0;
        for (var i = _seen; i < _length; i++)
        {
            if (_buffer[i] is not ((byte)'\n' or (byte)'\r'))
            {
                continue;
            }

            // A line ends with CR, LF or both; the two may come apart.
            if (_buffer[i] == (byte)'\n' && _mayBeLineFeed && i == start)
            {
                start = i + 1;
            }
            else
            {
                TakeLine(_buffer.AsSpan(start, i - start));
                start = i + 1;
            }

            _mayBeLineFeed = _buffer[i] == (byte)'\r';
        }

        _mayBeLineFeed &= start == _length;
        _buffer.AsSpan(start, _length - start).CopyTo(_buffer);
        _length -= start;
        _seen = _length;
    }

    private void TakeLine(ReadOnlySpan<byte> bytes)
    {
        if (_isFirstLine && bytes.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        _isFirstLine = false;
        var line = Encoding.UTF8.GetString(bytes);
        if (_bare.Length > 0 || line is ['{' or '[', ..])
        {
            TakeBare(line);
            return;
        }

        if (line.Length == 0)
        {
            Dispatch(isCut: false);
            return;
        }

        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? "" : line.AsSpan(colon + 1) is [' ', ..] ? line[(colon + 2)..] : line[(colon + 1)..];
        if (name == "data")
        {
            _data.Append(_hasData ? "\n" : "").Append(value);
            Check(_data.Length);
            _hasData = true;
        }
        else if (name == "event")
        {
            _type = value;
        }
        else if (name is not ("" or "id" or "retry"))
        {
            Stray ??= line;
        }
    }

    private void TakeBare(string line)
    {
        Dispatch(isCut: false);
        _bare.Append(line).Append('\n');
        Check(_bare.Length);
        _scan.Take(line);
        if (_scan.IsWhole || line.Length == 0)
        {
            EndBare(isCut: false);
        }
    }

    private void EndBare(bool isCut)
    {
        if (_bare.Length > 0)
        {
            _ready.Enqueue(new StreamItem("", _bare.ToString().TrimEnd(), isCut));
            _bare.Clear();
            _scan = new JsonScan();
        }
    }

    private void Dispatch(bool isCut)
    {
        if (_hasData)
        {
            _ready.Enqueue(new StreamItem(_type, _data.ToString(), isCut));
        }

        _data.Clear();
        (_hasData, _type) = (false, "");
    }

    // Some servers do without the last line break.
    private void End()
    {
        _isOver = true;
        if (_length > 0)
        {
            TakeLine(_buffer.AsSpan(0, _length));
        }

        EndBare(isCut: true);
        Dispatch(isCut: true);
    }
}

/// <summary>What came with a stream.</summary>
/// <param name="Type">The event's type; empty for none.</param>
/// <param name="Data">Its data; null when something came that is no event.</param>
/// <param name="IsCut">Whether the stream ended within it.</param>
internal readonly record struct StreamItem(string Type, string? Data, bool IsCut)
{
    /// <summary>Something came, and it says nothing.</summary>
    public static StreamItem SignOfLife => new("", null, IsCut: false);
}
