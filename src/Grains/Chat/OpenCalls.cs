using System.Runtime.InteropServices;
using System.Text.Json;
using AgentStream.Messages;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>
/// The calls of one response and what follows until the next: each call gets its result, in the order of the calls and right after them,
/// since no endpoint takes a call without a result, or a result without its call.
/// </summary>
/// <param name="ids">The ids under which calls are sent.</param>
/// <param name="results">The rules of results.</param>
internal sealed class OpenCalls(CallIds ids, ToolResults results)
{
    private readonly List<Call> _calls = [];
    private readonly List<ChatMessage> _rest = [];
    private ChatMessage? _told;

    /// <summary>Takes a response's call.</summary>
    /// <returns>The call as it is sent.</returns>
    public FunctionCallContent Add(FunctionCallContent call)
    {
        var (id, name) = (ids.Next(call.CallId), WireNames.OfTool(call.Name));
        _calls.Add(new Call(call, id));
        return id == call.CallId && name == call.Name ? call : new FunctionCallContent(id, name, call.Arguments)
        {
            AdditionalProperties = call.AdditionalProperties,
            Exception = call.Exception,
            InformationalOnly = call.InformationalOnly,
            RawRepresentation = call.RawRepresentation,
        };
    }

    /// <summary>Takes a message with results.</summary>
    public void Take(ChatMessage message)
    {
        foreach (var result in message.Contents.OfType<FunctionResultContent>())
        {
            // An id is unique among the calls that wait for their results, or not even there: the first that waits is meant.
            if (_calls.Find(call => call.Result is null && call.Content.CallId == result.CallId) is { } call)
            {
                (call.Result, _told) = (result, _told ?? message);
            }
            else
            {
                var tool = result.RawRepresentation switch
                {
                    ToolReturnPart { ToolName: var name } => $" named {name}",
                    RetryPromptPart { ToolName: { } name } => $" named {name}",
                    _ => "",
                };
                _rest.Add(new ChatMessage(ChatRole.User, $"[A tool{tool} returned this, for a call that is not here: {Words(result)}]"));
            }
        }
    }

    /// <summary>Takes another message.</summary>
    public void TakeOther(ChatMessage message) => _rest.Add(message);

    /// <summary>The next response comes, or none: adds the results and what else there was.</summary>
    public void CloseInto(List<ChatMessage> input)
    {
        if (_calls.Count > 0)
        {
            input.Add(new ChatMessage(ChatRole.Tool, [.. _calls.Select(ToResult)])
            {
                CreatedAt = _told?.CreatedAt,
                RawRepresentation = _told?.RawRepresentation,
            });
        }

        input.AddRange(_rest);
        _calls.Clear();
        _rest.Clear();
        _told = null;
    }

    private FunctionResultContent ToResult(Call call)
    {
        if (call.Result is not { } result)
        {
            return new FunctionResultContent(call.Id, ToolOutcome.Interrupted);
        }

        var value = Fit(result);
        return call.Id == result.CallId && ReferenceEquals(value, result.Result) ? result : new FunctionResultContent(call.Id, value)
        {
            AdditionalProperties = result.AdditionalProperties,
            Exception = result.Exception,
            RawRepresentation = result.RawRepresentation,
        };
    }

    private object? Fit(FunctionResultContent result)
    {
        if (result.Result is null)
        {
            return null;
        }

        JsonElement fit;
        try
        {
            fit = results.Of(result.Result);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            return $"[The result cannot be shown: {e.Message}]";
        }

        // Adapters write a string as it is, and anything else as JSON: a JSON string would reach the model in quotes.
        return fit.ValueKind == JsonValueKind.String ? Same(fit.GetString()!, result.Result)
            : DataInResults.ToContents(fit) is { } contents ? contents
            : result.Result is JsonElement json && IsSame(json, fit) ? result.Result
            : fit;

        static bool IsSame(JsonElement one, JsonElement other) =>
            JsonMarshal.GetRawUtf8Value(one).SequenceEqual(JsonMarshal.GetRawUtf8Value(other));

        static object Same(string text, object known) => known as string == text ? known : text;
    }

    private string Words(FunctionResultContent result) => Fit(result) switch
    {
        null => result.Exception?.Message ?? "",
        string text => text,
        JsonElement json => DataInResults.Compact(json),
        _ => DataInResults.Compact(results.Of(result.Result)),
    };

    private sealed class Call(FunctionCallContent content, string id)
    {
        public FunctionCallContent Content => content;

        public string Id => id;

        public FunctionResultContent? Result { get; set; }
    }
}
