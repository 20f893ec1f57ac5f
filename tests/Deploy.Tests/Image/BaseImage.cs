using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AgentStream.TestTools;

namespace AgentStream.Deploy.Tests.Image;

/// <summary>A registry with one image, which has an empty layer: it stands in for .NET's own, which not every machine reaches.</summary>
internal sealed class BaseImage : LocalServer
{
    private readonly Dictionary<string, (string Type, byte[] Content)> _contents = [];
    private readonly string _manifest;

    public BaseImage()
    {
        var tar = EmptyTar();
        var layer = Add("application/vnd.docker.image.rootfs.diff.tar.gzip", Zip(tar));
        var config = Add("application/vnd.docker.container.image.v1+json", Json(new
        {
            architecture = "amd64",
            os = "linux",
            config = new { Env = new[] { "PATH=/usr/bin" } },
            rootfs = new { type = "layers", diff_ids = new[] { Digest(tar) } },
        }));
        _manifest = Add("application/vnd.docker.distribution.manifest.v2+json", Json(new { schemaVersion = 2, mediaType = "application/vnd.docker.distribution.manifest.v2+json", config = Part(config), layers = new[] { Part(layer) } }));
    }

    /// <summary>The image's name, for <c>ContainerBaseImage</c>.</summary>
    public string Name => $"{Url.Authority}/base:1";

    protected override async Task AnswerAsync(HttpListenerContext context, JsonElement request)
    {
        var last = context.Request.Url!.Segments[^1];
        if (context.Request.Url.AbsolutePath == "/v2/")
        {
            return;
        }

        var digest = last.StartsWith("sha256:", StringComparison.Ordinal) ? last : _manifest;
        if (!_contents.TryGetValue(digest, out var found))
        {
            context.Response.StatusCode = (int)HttpStatusCode.NotFound;
            return;
        }

        context.Response.ContentType = found.Type;
        context.Response.Headers["Docker-Content-Digest"] = digest;
        if (context.Request.HttpMethod != "HEAD")
        {
            await context.Response.OutputStream.WriteAsync(found.Content);
        }
    }

    private string Add(string type, byte[] content)
    {
        var digest = Digest(content);
        _contents[digest] = (type, content);
        return digest;
    }

    private object Part(string digest) => new { mediaType = _contents[digest].Type, size = _contents[digest].Content.Length, digest };

    private static byte[] Json(object value) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value));

    private static string Digest(byte[] content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";

    private static byte[] EmptyTar()
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "tmp/"));
        }

        return stream.ToArray();
    }

    private static byte[] Zip(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var zip = new GZipStream(stream, CompressionLevel.Fastest))
        {
            zip.Write(content);
        }

        return stream.ToArray();
    }
}
