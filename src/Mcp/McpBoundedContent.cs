using System.Net;

namespace AgentStream.Mcp;

/// <summary>The body of an HTTP response, as long as no message in it is too long.</summary>
internal sealed class McpBoundedContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly McpFraming _framing;
    private readonly int _maxBytes;

    public McpBoundedContent(HttpContent inner, int maxBytes)
    {
        (_inner, _maxBytes) = (inner, maxBytes);
        _framing = inner.Headers.ContentType?.MediaType == "text/event-stream" ? McpFraming.Event : McpFraming.Body;
        foreach (var (name, values) in inner.Headers)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() => Bounded(await _inner.ReadAsStreamAsync());

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) => Bounded(await _inner.ReadAsStreamAsync(cancellationToken));

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var body = Bounded(await _inner.ReadAsStreamAsync(cancellationToken));
        await body.CopyToAsync(stream, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private McpMessageStream Bounded(Stream body) => new(body, _framing, _maxBytes);
}
