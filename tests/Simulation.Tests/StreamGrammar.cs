using System.Text;
using System.Text.Json;

namespace AgentStream.Simulation.Tests;

/// <summary>Reads the whole history of a session's stream as the protocol writes it: runs, nodes within them, words within those.</summary>
internal static class StreamGrammar
{
    /// <summary>Says what is wrong with a history whose last run has ended; null for nothing.</summary>
    /// <param name="history">All entries that ever stood in the stream.</param>
    /// <param name="said">How many words each request to a model was answered with.</param>
    public static string? Fault(IReadOnlyList<StreamEntry> history, IReadOnlyDictionary<int, int> said)
    {
        var (isOpen, node, lastNode, resumedAt, error, asked) = (false, -1, -1, -1, false, false);
        (int Request, int Place) word = default;
        foreach (var item in history)
        {
            if (item.IsBegin == isOpen)
            {
                return At(item, item.IsBegin ? "a run begins before the one before has ended" : "it stands outside of any run");
            }

            if (error && !item.IsEnd)
            {
                return At(item, "it stands between the run's error and its end");
            }

            if (asked && !item.IsEnd && !IsRequest(item))
            {
                return At(item, "it stands between what the run waits for and its end");
            }

            switch (item.Type)
            {
                case Protocol.Begin:
                    (isOpen, node, lastNode, resumedAt, error, asked) = (true, -1, -1, -1, false, false);
                    break;
                case Protocol.End:
                    if (node >= 0 && !error)
                    {
                        return At(item, $"the run ends, and node {node} is open");
                    }

                    (isOpen, error, asked) = (false, false, false);
                    break;
                case Protocol.Error:
                    error = true;
                    break;
                case Protocol.Info when item.Origin == Protocol.AgentStreamOrigin:
                    if (node >= 0)
                    {
                        return At(item, $"node {node} is open");
                    }

                    asked = IsRequest(item);
                    break;
                case Protocol.Info:
                    resumedAt = JsonDocument.Parse(item.Body).RootElement.GetProperty("idx").GetInt32();
                    node = -1;
                    if (resumedAt > lastNode + 1)
                    {
                        return At(item, $"the last node before is {lastNode}");
                    }

                    break;
                default:
                    var said1 = NodeEvent.Of(item.Type, item.Body)!;
                    if (said1.Kind == "llm-begin")
                    {
                        if (node >= 0 || said1.Idx != (resumedAt >= 0 ? resumedAt : lastNode + 1))
                        {
                            return At(item, $"open is {node}, the last was {lastNode}, resumed at {resumedAt}");
                        }

                        (node, lastNode, resumedAt, word) = (said1.Idx, said1.Idx, -1, default);
                        break;
                    }

                    if (said1.Idx != node)
                    {
                        return At(item, $"the node that is open is {node}");
                    }

                    foreach (var next in said1.Words())
                    {
                        if (next.Place != word.Place + 1 || (word.Place > 0 && next.Request != word.Request))
                        {
                            return At(item, $"the word before is {word.Place} of request {word.Request}");
                        }

                        word = next;
                    }

                    if (said1.Kind == "llm-end")
                    {
                        if (word.Place > 0 && said[word.Request] != word.Place)
                        {
                            return At(item, $"the node ends with word {word.Place} of {said[word.Request]} of request {word.Request}");
                        }

                        node = -1;
                    }

                    break;
            }
        }

        return isOpen ? "the last run has not ended" : null;
    }

    private static bool IsRequest(StreamEntry item) =>
        item.Origin == Protocol.AgentStreamOrigin
        && JsonDocument.Parse(item.Body).RootElement.GetProperty(Protocol.Fields.Message).ValueEquals(Protocol.Requests.ApprovalRequested);

    private static string At(StreamEntry item, string what) => $"{item.Cursor} {item.Type} {Encoding.UTF8.GetString(item.Body.Span)}: {what}";
}
