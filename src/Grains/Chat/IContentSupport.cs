using Microsoft.Extensions.AI;

namespace AgentStream;

/// <summary>
/// What a chat client can be sent. A client that has this among its services (<see cref="IChatClient.GetService"/>) is asked about each
/// content of a history. Of any other client it is assumed that it takes texts, images, WAV and MP3 sound, PDF files and hosted files.
/// </summary>
/// <remarks>
/// Only older messages are held to it: what the model cannot take of them becomes a note in words, so that one document does not end a
/// session. A new prompt goes to the client as it is, which refuses what it cannot send.
/// </remarks>
public interface IContentSupport
{
    /// <summary>Gets whether a user's message may have this content, or an assistant's message this thought.</summary>
    /// <param name="content">A content that is no text, or a <see cref="TextReasoningContent"/>.</param>
    /// <returns>True if it may.</returns>
    bool Takes(AIContent content);

    /// <summary>
    /// Gets whether a tool's result may have this content. If so, <see cref="FunctionResultContent.Result"/> is a list of contents;
    /// otherwise the model reads a note with the kind and the size.
    /// </summary>
    /// <param name="content">An image, or another <see cref="DataContent"/>.</param>
    /// <returns>True if it may; false unless a client says otherwise.</returns>
    bool TakesInToolResult(AIContent content) => false;
}
