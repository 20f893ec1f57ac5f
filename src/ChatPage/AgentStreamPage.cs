using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using AgentStream.ChatPage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The chat page: files in this assembly, which use nothing but the routes of <c>MapAgentStream</c>.</summary>
public static class AgentStreamPage
{
    private const string Index = "index.html";
    private const string ResourcePrefix = "page/";
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, PageFile> Files = ReadFiles();

    /// <summary>
    /// Maps the page: <c>{pattern}</c> is the page, <c>{pattern}/page/{file}</c> its scripts and styles. It looks for the
    /// chat's routes beside itself: at <c>/chat</c> when it stands at <c>/</c>, at <c>/ui/chat</c> when it stands at <c>/ui</c>.
    /// </summary>
    /// <param name="endpoints">The program's routes.</param>
    /// <param name="pattern">Where the page stands.</param>
    /// <returns>The group of the routes, for conventions such as authorization.</returns>
    public static RouteGroupBuilder MapAgentStreamPage(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        PageAddress.LogWhenStarted(endpoints.ServiceProvider, pattern);
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        var page = endpoints.MapGroup(pattern);

        // The page's addresses are relative, so its own has to end with a slash.
        page.MapMethods("", methods, IResult (HttpContext context) => context.Request.Path.Value!.EndsWith('/')
            ? Send(context, Index)
            : TypedResults.LocalRedirect($"~{context.Request.Path.ToUriComponent()}/"));
        page.MapMethods("page/{**file}", methods, (string file, HttpContext context) => Send(context, file));
        return page;
    }

    private static Results<FileContentHttpResult, NotFound> Send(HttpContext context, string name)
    {
        if (!Files.TryGetValue(name, out var file))
        {
            return TypedResults.NotFound();
        }

        // What the model says ends up in this page: nothing but its own files may run, be loaded or be talked to.
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";

        // Kept by the browser, but asked for each time: a new version of the program shows its own page at once.
        headers.CacheControl = "no-cache";
        return TypedResults.Bytes(file.Contents, file.ContentType, entityTag: file.Tag);
    }

    private static FrozenDictionary<string, PageFile> ReadFiles()
    {
        var assembly = typeof(AgentStreamPage).Assembly;
        var contentTypes = new FileExtensionContentTypeProvider();
        return assembly.GetManifestResourceNames()
            .Where(resource => resource.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .ToFrozenDictionary(resource => resource[ResourcePrefix.Length..], Read);

        PageFile Read(string resource)
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var contents = new byte[stream.Length];
            stream.ReadExactly(contents);
            var type = contentTypes.TryGetContentType(resource, out var known) ? known : "application/octet-stream";
            return new PageFile(
                contents,
                type.StartsWith("text/", StringComparison.Ordinal) ? $"{type}; charset=utf-8" : type,
                new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(contents).AsSpan(0, 16))}\""));
        }
    }

    private sealed record PageFile(byte[] Contents, string ContentType, EntityTagHeaderValue Tag);
}
