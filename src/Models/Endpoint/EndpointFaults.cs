using System.ClientModel.Primitives;
using System.Globalization;
using AgentStream.Logs;

namespace AgentStream.Models.Endpoint;

/// <summary>
/// Says what went wrong with a model, in one sentence that names it and keeps the key to itself: endpoints have been seen to repeat the key
/// that they refuse.
/// </summary>
internal sealed class EndpointFaults(string model, string? apiKey, TimeProvider time)
{
    private const int MaxWords = 1000;

    private readonly IReadOnlyList<string> _secrets = Secrets.In([apiKey]);

    /// <summary>The endpoint answered with an error status.</summary>
    public ModelException Refused(PipelineResponse response, string body)
    {
        var reason = string.IsNullOrEmpty(response.ReasonPhrase) ? "" : $" {response.ReasonPhrase}";
        var hint = response.Status switch
        {
            404 => " (are the endpoint and the model's name right?)",
            >= 300 and < 400 => " (redirects are not followed: is the endpoint right?)",
            _ => RetryAfter.Read(response, time) is { } wait && wait > TimeSpan.Zero
                ? string.Create(CultureInfo.InvariantCulture, $" (it asks to wait {wait.TotalSeconds:0.###} s)")
                : "",
        };
        var words = ErrorBody.Message(body) is { } message ? $": {Short(message)}" : "";
        var status = string.Create(CultureInfo.InvariantCulture, $"answered {response.Status}");
        return Fault(status, $"{reason}{words}{hint}", ReasonOf(response.Status), response.Status);
    }

    /// <summary>The endpoint answered, but not with a stream.</summary>
    public ModelException NoStream(PipelineResponse response, string mediaType, string body) => ErrorBody.Message(body) is { } message
        ? Fault("answered with an error", $": {Short(message)}", FailureReasons.ModelFailed, response.Status)
        : Fault("answered with", $" {mediaType} where a stream of events was asked for (is the endpoint right?)", FailureReasons.ModelFailed, response.Status, publicly: "did not answer with a stream of events");

    /// <summary>The endpoint could not be reached.</summary>
    public ModelException Unreachable(Exception cause)
    {
        var tries = (cause as AggregateException)?.InnerExceptions.Count ?? 1;
        var last = (cause as AggregateException)?.InnerExceptions[^1] ?? cause;
        return Fault($"cannot be reached{(tries > 1 ? $", in {tries} tries" : "")}", $": {Short(last.Message)}", FailureReasons.ModelUnavailable, null, last);
    }

    /// <summary>The stream ended before the answer did.</summary>
    /// <param name="cause">What broke it; null when it just ended.</param>
    /// <param name="words">What stood in it that is no part of an answer; null for nothing.</param>
    public ModelException BrokeOff(Exception? cause, string? words = null)
    {
        var reason = (cause?.Message ?? words) is { } known ? $": {Short(known)}" : "";
        return Fault("broke its stream off before the end of the answer", reason, FailureReasons.ModelFailed, null, cause);
    }

    /// <summary>The answer has more in it than is taken. It is no failure of the model's: the same request may get the same again.</summary>
    public ModelException TooLong(string words) => Fault("sent too much", $": {words}", FailureReasons.Limit, publicly: $"sent too much: {words}");

    /// <summary>The stream has an error in it.</summary>
    public ModelException FailedWithin(string message) => Fault("failed within its answer", $": {Short(message)}", FailureReasons.ModelFailed);

    /// <summary>A chunk of the stream is none. It is not repeated: it may be a piece of the answer, which has no place in a log.</summary>
    public ModelException BadChunk(string chunk, Exception? cause) =>
        Fault("sent a chunk that is no JSON object", string.Create(CultureInfo.InvariantCulture, $", of {chunk.Length} characters"), FailureReasons.ModelFailed, null, cause);

    /// <param name="what">What happened, in our words.</param>
    /// <param name="details">The rest of the sentence, which may have the endpoint's words in it.</param>
    /// <param name="reason">The same as one of <see cref="FailureReasons"/>.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="inner">What caused it.</param>
    /// <param name="publicly">What happened, where our words alone would be half a sentence.</param>
    private ModelException Fault(string what, string details, string reason, int? status = null, Exception? inner = null, string? publicly = null) =>
        new(Redacted($"the model '{model}' {what}{details}"), Redacted($"the model '{model}' {publicly ?? what}"), reason, status, inner);

    /// <summary>A server that is ill or has too much to do may answer later; what it refuses it will refuse again.</summary>
    private static string ReasonOf(int status) => status is 408 or 409 or 425 or 429 or >= 500 ? FailureReasons.ModelUnavailable : FailureReasons.ModelRefused;

    private string Redacted(string text) => Secrets.Redacted(text, _secrets);

    // Redacted first: half of a key is still half of a key.
    private string Short(string text)
    {
        text = Redacted(text);
        return text.Length <= MaxWords ? text : text[..MaxWords] + " ...";
    }
}
