using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AgentStream.AspNetCore.Protocols;

/// <summary>
/// Writes frames of <c>id: {place}</c> and <c>data: {"type", ...}</c>. A response that continues behind a place is rendered from the run's start, since
/// what a frame looks like depends on those before it; the frames that the client has are dropped here.
/// </summary>
/// <param name="after">The place of the last frame that the client has; null for none.</param>
internal sealed class FrameWriter(FramePlace? after)
{
    // A frame has a body in it, perhaps within another object.
    private const int MaxDepth = Protocol.MaxJsonDepth + 4;

    private static readonly JsonWriterOptions Options = new()
    {
        MaxDepth = MaxDepth,

        // Read by JSON parsers, not pasted into HTML: text stays readable and short.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly ArrayBufferWriter<byte> _dropped = new();
    private readonly Utf8JsonWriter _json = new(Stream.Null, Options);
    private IBufferWriter<byte> _output = null!;
    private IBufferWriter<byte> _target = null!;
    private Cursor? _cursor;
    private int _number;
    private bool _isBehind = after is null;
    private bool _hasDropped;
    private bool _isReopening;

    /// <summary>Opens anew what the client has to have open, between the frames that are dropped and those that are written.</summary>
    public Action Reopen { get; set; } = () => { };

    /// <summary>The frames that follow come from an event.</summary>
    /// <param name="output">Takes the frames.</param>
    /// <param name="cursor">The event's cursor; null for what follows the last event.</param>
    public void Next(IBufferWriter<byte> output, Cursor? cursor) => (_output, _cursor, _number) = (output, cursor, 0);

    /// <summary>Begins a frame with its type; the fields are for the caller to write.</summary>
    /// <param name="type">The frame's type.</param>
    /// <returns>Takes the fields, until <see cref="End"/>.</returns>
    public Utf8JsonWriter Begin(string type)
    {
        Place();
        _json.Reset(_target);
        _json.WriteStartObject();
        _json.WriteString("type"u8, type);
        return _json;
    }

    /// <summary>Ends the frame.</summary>
    public void End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _target.Write("\n\n"u8);
    }

    /// <summary>Writes a frame that is no JSON.</summary>
    public void Write(ReadOnlySpan<byte> data)
    {
        Place();
        _target.Write(data);
        _target.Write("\n\n"u8);
    }

    // Where the next frame goes, with its id.
    private void Place()
    {
        var place = _cursor is { } cursor && !_isReopening ? new FramePlace(cursor, ++_number) : (FramePlace?)null;
        if (!_isBehind && (place is null || place.Value.IsBehind(after!.Value)))
        {
            _isBehind = _isReopening = true;
            if (_hasDropped)
            {
                Reopen();
            }

            _isReopening = false;
        }

        if (!_isBehind)
        {
            _hasDropped = true;
            _dropped.ResetWrittenCount();
            _target = _dropped;
            return;
        }

        _target = _output;
        if (place is { } written)
        {
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {written.Cursor}.{written.Number}\n"), _output);
        }

        _output.Write("data: "u8);
    }
}
