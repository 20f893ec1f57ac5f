using System.Net.Http.Headers;
using System.Text;

namespace AgentStream.AspNetCore.Tests.Security;

/// <summary>Makes requests to all routes: right ones, and what becomes of them when some of it is changed. The same number gives the same request.</summary>
internal sealed class Fuzz(int number)
{
    private static readonly string[] Ids = ["s", "s1", "a@b=c+d", "%2E%2E", "a%3Ab", "x%00y", "%F0%9F%98%80", new('i', 128), new('i', 129), "s%2F..%2Fs2", "null", "0"];

    private static readonly string[] Queries = ["", "", "", "?all=true", "?all=maybe", "?include_foreign=true", "?count=0", "?count=99999999999", "?after=0-0", "?after=-1", "?x=%", "?all=true&all=false"];

    private static readonly (string Name, string Value)[] Headers =
    [
        ("Last-Event-ID", "0-0"), ("Last-Event-ID", "9-x"), ("Last-Event-ID", "99999999999999999999-1"), ("Idempotency-Key", "k"), ("Idempotency-Key", "é"), ("Idempotency-Key", new('k', 300)),
        ("Accept", "text/event-stream"), ("Accept", "image/png"), ("X-Forwarded-For", "203.0.113.9"), ("Origin", "http://evil.example"), ("Origin", "null"), ("If-None-Match", "*"), ("Content-Encoding", "gzip"),
    ];

    private static readonly string[] Bodies =
    [
        """{"prompt":"hello","session_id":"s","agent":"greeter","on_busy":"queue","tools":[{"name":"look","description":"Looks.","parameters":{"type":"object"}}]}""",
        """{"prompt":"hello","session_id":"s1","on_busy":"replace"}""",
        """{"id":"s","messages":[{"id":"m","role":"user","parts":[{"type":"text","text":"hello"},{"type":"file","url":"data:,x"}]}],"trigger":"submit-message"}""",
        """{"threadId":"s","runId":"r","messages":[{"id":"m","role":"user","content":"hello"}],"tools":[],"context":[],"state":{},"forwardedProps":{}}""",
        """[{"kind":"request","parts":[{"part_kind":"user-prompt","content":["hi",{"kind":"image-url","url":"http://x"}]}]},{"kind":"response","parts":[{"part_kind":"tool-call","tool_name":"t","tool_call_id":"c","args":{}}]}]""",
        """{"approved":true,"remember":"call","args":{"a":[1,2.5e3,null]}}""",
        """{"result":{"a":1},"is_error":false}""",
        "[]", "{}", "null", "\"x\"", "17", "",
    ];

    private static readonly string[] Pieces =
    [
        "null", "-1", "1e999", "123456789012345678901234567890", "\"\\ud83d\"", "\"\\u0000\"", "[[[[[[", "]", "}", "{\"a\":", "\"\"", "true", ",", "\u202E", "\uFFFF", "\"prompt\":", "\"session_id\":\"..\"", "\"messages\":0",
    ];

    private static readonly string[] Types = ["application/json", "application/json", "application/json", "application/json; charset=utf-16", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded", "nonsense"];

    private readonly Random _random = new(number);

    public HttpRequestMessage NewRequest()
    {
        var route = OriginTests.Routes.ElementAt(_random.Next(OriginTests.Routes.Count));
        var method = One(1, 20) ? Pick(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"]) : (string)route[0];
        var path = string.Join('/', ((string)route[1]).Split('?')[0].Split('/').Select(part => part is "s" or "r" or "c" ? Pick(Ids) : part));
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path + Pick(Queries), UriKind.Relative));
        while (One(1, 4))
        {
            var (name, value) = Headers[_random.Next(Headers.Length)];
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (method is not "GET" and not "HEAD" || One(1, 10))
        {
            request.Content = new ByteArrayContent(NewBody());
            request.Content.Headers.ContentType = MediaTypeHeaderValue.TryParse(Pick(Types), out var type) ? type : null;
        }

        return request;
    }

    private byte[] NewBody()
    {
        if (One(1, 200))
        {
            return Encoding.UTF8.GetBytes(new string('[', _random.Next(100_000)));
        }

        var body = new StringBuilder(Pick(Bodies));
        for (var changes = _random.Next(4); changes > 0 && body.Length > 0; changes--)
        {
            var at = _random.Next(body.Length);
            switch (_random.Next(4))
            {
                case 0:
                    body.Remove(at, _random.Next(Math.Min(20, body.Length - at)));
                    break;
                case 1:
                    body.Insert(at, Pick(Pieces));
                    break;
                case 2:
                    body[at] = (char)_random.Next(0x20, 0x7f);
                    break;
                default:
                    body.Append(body.ToString(at, Math.Min(40, body.Length - at)));
                    break;
            }
        }

        var bytes = Encoding.UTF8.GetBytes(body.ToString());
        if (bytes.Length > 0 && One(1, 8))
        {
            bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256);
        }

        return bytes;
    }

    private bool One(int of, int many) => _random.Next(many) < of;

    private string Pick(string[] some) => some[_random.Next(some.Length)];
}
