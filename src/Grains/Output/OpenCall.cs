using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using AgentStream.Grains.Chat;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Output;

/// <summary>A tool call, from its first piece to its last.</summary>
/// <param name="clientId">The id by which the chat client knows it; empty for none.</param>
/// <param name="id">The id that the history and the stream have; no other call of the response has it.</param>
/// <param name="update">The update that it began with.</param>
/// <param name="maxArguments">The most bytes of its arguments.</param>
internal sealed class OpenCall(string clientId, string id, int update, int maxArguments)
{
    private readonly Dictionary<string, object?> _arguments = [];
    private readonly AdditionalPropertiesDictionary _properties = [];
    private string? _error;

    public string ClientId => clientId;

    public string Id => id;

    public string Name { get; private set; } = "";

    /// <summary>Whether the client makes the call by itself, or has made it.</summary>
    public bool IsInformational { get; private set; }

    /// <summary>Whether nothing but the name has come.</summary>
    public bool IsBare => _arguments.Count == 0 && _error is null;

    /// <summary>
    /// Whether a piece is more of this call, or the same again: some clients give a call whole, some in pieces (the name first, the
    /// arguments later), some give the same call twice.
    /// </summary>
    /// <param name="piece">The piece.</param>
    /// <param name="at">The update that it came with.</param>
    public bool IsContinuedBy(FunctionCallContent piece, int at)
    {
        if (string.IsNullOrEmpty(piece.Name))
        {
            return true;
        }

        // With the name again, it is another call, unless it adds to this one or repeats it. Two in one update are two.
        return at != update
            && (Name.Length == 0 || Name == piece.Name)
            && (IsBare || (piece.Exception is null && (piece.Arguments is not { Count: > 0 } arguments || HasSame(arguments))));
    }

    public void Take(FunctionCallContent piece)
    {
        Name = string.IsNullOrEmpty(piece.Name) ? Name : piece.Name;
        IsInformational |= piece.InformationalOnly;
        _error = piece.Exception?.Message ?? _error;
        foreach (var (name, value) in piece.AdditionalProperties ?? [])
        {
            _properties[name] = value;
        }

        foreach (var (name, value) in piece.Arguments ?? new Dictionary<string, object?>())
        {
            if (_arguments.TryGetValue(name, out var known) && !IsSame(known, value))
            {
                _error ??= $"The argument '{name}' came twice, with different values.";
            }

            _arguments[name] = value;
        }
    }

    public ToolCallPart ToPart()
    {
        var (args, error) = (JsonValues.EmptyObject, _error);
        if (error is null)
        {
            try
            {
                args = ChatJson.ToElement(_arguments);
                if (JsonMarshal.GetRawUtf8Value(args).Length is var length && length > maxArguments)
                {
                    (args, error) = (JsonValues.EmptyObject, TooLong(length));
                }
            }
            catch (Exception e) when (e is NotSupportedException or JsonException or ArgumentException)
            {
                error = e.Message;
            }
        }

        var given = ProviderData.Of(_properties);
        return new ToolCallPart(Name, id, args) { ArgsError = error, ProviderName = given.Name, ProviderDetails = given.Details };
    }

    private string TooLong(int length) => string.Create(
        CultureInfo.InvariantCulture,
        $"They are too long: {length} bytes of JSON, where at most {maxArguments} are allowed ({AgentStreamOptions.Section}:{nameof(AgentStreamOptions.MaxToolArguments)}).");

    private bool HasSame(IDictionary<string, object?> arguments) =>
        arguments.Count == _arguments.Count
        && arguments.All(argument => _arguments.TryGetValue(argument.Key, out var known) && IsSame(known, argument.Value));

    private static bool IsSame(object? one, object? other)
    {
        try
        {
            return Equals(one, other) || JsonElement.DeepEquals(ChatJson.ToElement(one), ChatJson.ToElement(other));
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or ArgumentException)
        {
            return false;
        }
    }
}
