using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace AgentStream.Grains.Tests.Messages;

/// <summary>Makes histories: JSON of every form that a reader must take, fields absent, null, old and unknown among them.</summary>
internal static class GeneratedHistories
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Elements("", "x", "two words", "line\nbreak\t\"quoted\" \\ \0", "„ü“ 🙂", "\u2028</script>", "No title"),
        Gen.Choose(0, 99999).Select(n => $"t{n}")).Select(text => JsonSerializer.Serialize(text));

    private static readonly Gen<string> TextOrNull = Gen.Frequency((3, Text), (1, Gen.Constant("null")));

    private static readonly Gen<string> Time = Gen.Elements(
        "\"2025-01-01T00:00:00Z\"", "\"2025-01-01T00:00:00+00:00\"", "\"2025-06-30T23:59:59.123456Z\"", "\"2025-06-30T23:59:59.120+02:00\"", "\"2025-01-01T00:00:00\"",
        "1735689600", "1735689600.5", "1735689600123", "null");

    private static readonly Gen<string> Count = Gen.Elements("0", "1", "12", "12.0", "9223372036854775807", "null");

    private static readonly Gen<string> Scalar = Gen.OneOf(Text, Gen.Elements("null", "true", "false", "0", "-1.50", "1e3", "123456789012345678901234567890"));

    private static readonly Gen<string> Any = AnyJson(3);

    private static readonly Gen<string> AnyObject = Fields(Maybe("a", Any), Maybe("b c", Any), Maybe("", Any));

    private static readonly Gen<string?> Unknown = Maybe("x-unknown", Any);

    private static readonly Gen<string> Media = Gen.Elements("\"image/png\"", "\"audio/wav\"", "\"application/pdf\"", "\"png\"", "\"\"");

    private static readonly Gen<string> Binary =
        Fields(Kind("binary"), Always("data", Gen.Elements("\"\"", "\"AAAA\"", "\"-_8=\"", "\"+/8=\"", "\"AA\"")), Always("media_type", Media), Maybe("identifier", Text), Unknown);

    private static readonly Gen<string> Item = Gen.OneOf(
        Text,
        Binary,
        Fields(
            Always("kind", Gen.Elements("\"image-url\"", "\"audio-url\"", "\"document-url\"", "\"video-url\"")),
            Always("url", Gen.Elements("\"https://example.com/a.png?b=c\"", "\"cat.png\"", "\"data:image/png;base64,AAAA\"", "\"data:\"", "\"gs://b/k\"", "\"\"")),
            Maybe("media_type", Media),
            Maybe("force_download", Gen.Elements("true", "false")),
            Unknown),
        Fields(Kind("text-content"), Always("content", Text), Maybe("metadata", Any)),
        Fields(Kind("cache-point"), Maybe("ttl", Text)));

    private static readonly Gen<string> RequestPart = Gen.OneOf(
        Fields(PartKind("system-prompt"), Always("content", Text), Maybe("timestamp", Time), Maybe("dynamic_ref", TextOrNull), Unknown),
        Fields(PartKind("user-prompt"), Always("content", Gen.OneOf(Text, List(Item))), Maybe("timestamp", Time), Unknown),
        Fields(
            PartKind("tool-return"), Always("tool_name", Text), Always("content", Any), Maybe("tool_call_id", TextOrNull), Maybe("metadata", Any), Maybe("timestamp", Time),
            Maybe("outcome", Gen.Elements("\"success\"", "\"failed\"", "\"denied\"", "\"interrupted\"", "\"later\"", "null")), Unknown),
        Fields(
            PartKind("retry-prompt"), Always("content", Gen.OneOf(Text, List(AnyObject))), Maybe("tool_name", TextOrNull), Maybe("tool_call_id", TextOrNull), Maybe("timestamp", Time),
            Unknown),
        Fields(PartKind("later-kind"), Maybe("content", Any), Maybe("timestamp", Any)));

    private static readonly Gen<string> Args = Gen.OneOf(
        AnyObject, AnyObject.Select(json => JsonSerializer.Serialize(json)), Gen.Elements("null", "\"\"", "\"{\"", "\"[1]\"", "\"null\""));

    private static readonly Gen<string> ResponsePart = Gen.OneOf(
        Fields(PartKind("text"), Always("content", Text), Maybe("id", TextOrNull), Unknown),
        Fields(PartKind("thinking"), Always("content", Text), Maybe("id", TextOrNull), Maybe("signature", TextOrNull), Maybe("provider_name", TextOrNull), Unknown),
        Fields(PartKind("tool-call"), Always("tool_name", Text), Maybe("args", Args), Maybe("tool_call_id", TextOrNull), Maybe("id", TextOrNull), Unknown),
        Fields(PartKind("file"), Always("content", Binary), Maybe("id", TextOrNull)),
        Fields(PartKind("builtin-tool-call"), Maybe("args", Args), Maybe("tool_name", Any)));

    private static readonly Gen<string> Usage = Gen.OneOf(
        Fields(
            Maybe("input_tokens", Count), Maybe("output_tokens", Count), Maybe("cache_write_tokens", Count), Maybe("cache_read_tokens", Count),
            Maybe("details", Gen.OneOf(Gen.Constant("null"), Fields(Maybe("reasoning_tokens", Count), Maybe("other", Any)))), Unknown),
        Fields(Maybe("requests", Count), Maybe("request_tokens", Count), Maybe("response_tokens", Count), Maybe("total_tokens", Count)),
        Gen.Constant("null"));

    private static readonly Gen<string> Message = Gen.Frequency(
        (4, Fields(
            Kind("request"), Always("parts", List(RequestPart)), Maybe("instructions", TextOrNull), Maybe("timestamp", Time), Maybe("run_id", TextOrNull), Unknown)),
        (4, Fields(
            Kind("response"), Always("parts", List(ResponsePart)), Maybe("usage", Usage), Maybe("model_name", TextOrNull), Maybe("timestamp", Time), Maybe("provider_name", TextOrNull),
            Maybe("provider_details", AnyObject), Maybe("vendor_details", AnyObject), Maybe("provider_response_id", TextOrNull), Maybe("vendor_id", TextOrNull),
            Maybe("finish_reason", Gen.Elements("\"stop\"", "\"tool_call\"", "\"length\"", "\"later\"", "null")), Maybe("run_id", TextOrNull), Unknown)),
        (1, Fields(Kind("later-kind"), Maybe("parts", Any))));

    /// <summary>Histories, and how to make a smaller one of one that breaks a rule.</summary>
    public static Arbitrary<string> Arbitrary { get; } = Arb.From(List(Message), Smaller);

    private static IEnumerable<string> Smaller(string json)
    {
        for (var at = 0; at < JsonNode.Parse(json)!.AsArray().Count; at++)
        {
            var without = JsonNode.Parse(json)!.AsArray();
            without.RemoveAt(at);
            yield return without.ToJsonString();

            for (var part = 0; JsonNode.Parse(json)![at]!["parts"] is JsonArray parts && part < parts.Count; part++)
            {
                var less = JsonNode.Parse(json)!;
                less[at]!["parts"]!.AsArray().RemoveAt(part);
                yield return less.ToJsonString();
            }
        }
    }

    private static Gen<string> AnyJson(int depth) => depth == 0
        ? Scalar
        : Gen.Frequency((3, Scalar), (1, List(AnyJson(depth - 1))), (1, Fields(Maybe("k", AnyJson(depth - 1)), Maybe("kind", AnyJson(depth - 1)), Maybe("", Scalar))));

    private static Gen<string> List(Gen<string> item) =>
        Gen.Choose(0, 4).SelectMany(count => Gen.ArrayOf(item, count)).Select(items => $"[{string.Join(',', items)}]");

    private static Gen<string> Fields(params Gen<string?>[] fields) =>
        Gen.CollectToArray(fields).SelectMany(Gen.Shuffle).Select(given => $"{{{string.Join(',', given.Where(field => field is not null))}}}");

    private static Gen<string?> Kind(string kind) => Gen.Constant<string?>($"\"kind\":\"{kind}\"");

    private static Gen<string?> PartKind(string kind) => Gen.Constant<string?>($"\"part_kind\":\"{kind}\"");

    private static Gen<string?> Always(string name, Gen<string> value) => value.Select(json => (string?)$"\"{name}\":{json}");

    private static Gen<string?> Maybe(string name, Gen<string> value) => Gen.Frequency((2, Always(name, value)), (1, Gen.Constant<string?>(null)));
}
