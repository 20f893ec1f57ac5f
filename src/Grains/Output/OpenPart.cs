using System.Text;
using AgentStream.Grains.Chat;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Output;

/// <summary>A part of a response while it still streams.</summary>
/// <param name="kind">The part's kind in events.</param>
/// <param name="author">Who says it; null or empty where the client does not tell.</param>
/// <param name="messageId">The client's message that it belongs to; null or empty where the client does not tell.</param>
internal sealed class OpenPart(string kind, string? author = null, string? messageId = null)
{
    private readonly StringBuilder _content = new();
    private AdditionalPropertiesDictionary? _properties;
    private string? _author = author;
    private string? _messageId = messageId;
    private char? _half;

    public string Kind { get; } = kind;

    public string? Signature { get; private set; }

    /// <summary>The call, if this part is one.</summary>
    public OpenCall? Call { get; init; }

    /// <summary>The part, if it came whole and no event shows it.</summary>
    public ResponsePart? Whole { get; init; }

    /// <summary>Whether a chunk is more of this part.</summary>
    /// <remarks>As M.E.AI joins contents: a signature closes its thought, and two authors or two messages are never one.</remarks>
    public bool IsContinuedBy(string chunkKind, string? chunkAuthor, string? chunkMessageId) =>
        Kind == chunkKind
        && string.IsNullOrEmpty(Signature)
        && SameOrUnknown(_author, chunkAuthor)
        && SameOrUnknown(_messageId, chunkMessageId);

    /// <summary>Takes what a chunk is signed with: whose it is, and what the provider gives with it and may want to see again.</summary>
    public void Sign(ChatResponseUpdate update, string? signature, AdditionalPropertiesDictionary? properties)
    {
        _author = string.IsNullOrEmpty(_author) ? update.AuthorName : _author;
        _messageId = string.IsNullOrEmpty(_messageId) ? update.MessageId : _messageId;
        Signature = signature ?? Signature;
        if (properties is null)
        {
            return;
        }

        _properties ??= [];
        foreach (var (name, value) in properties)
        {
            _properties[name] = value;
        }
    }

    /// <summary>
    /// Takes a chunk and gives what can be shown of it: half of a character (a lone surrogate, which UTF-8 cannot carry) waits for its
    /// other half.
    /// </summary>
    public string Take(string? chunk)
    {
        var text = _half + chunk;
        _half = text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[^1] : null;
        text = _half is null ? text : text[..^1];
        _content.Append(text);
        return text;
    }

    public ResponsePart ToPart()
    {
        if (Call is not null || Whole is not null)
        {
            return Call?.ToPart() ?? Whole!;
        }

        if (Kind != Protocol.Parts.Thinking)
        {
            return new TextPart(_content.ToString());
        }

        var given = ProviderData.Of(_properties);
        return new ThinkingPart(_content.ToString(), Signature) { ProviderName = given.Name, ProviderDetails = given.Details };
    }

    private static bool SameOrUnknown(string? one, string? other) =>
        string.IsNullOrEmpty(one) || string.IsNullOrEmpty(other) || one == other;
}
