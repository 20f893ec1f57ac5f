using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;

namespace AgentStream.AspNetCore.Tests;

public sealed partial class PageTests
{
    [Fact]
    public async Task The_page_and_every_file_it_names_are_there()
    {
        await using var app = await ChatApp.StartAsync();
        using var index = await app.Http.GetAsync("/");
        AssertFile(index, "text/html; charset=utf-8");

        var names = new Queue<string>(FileNames().Matches(await index.Content.ReadAsStringAsync()).Select(match => match.Groups[1].Value));
        var seen = new HashSet<string>();
        while (names.TryDequeue(out var name))
        {
            if (seen.Add(name))
            {
                using var file = await app.Http.GetAsync($"/page/{name}");
                AssertFile(file, name.EndsWith(".css", StringComparison.Ordinal) ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8");
                Imports().Matches(await file.Content.ReadAsStringAsync()).ToList().ForEach(match => names.Enqueue(new Uri(new Uri($"http://page/{name}"), match.Groups[1].Value).AbsolutePath[1..]));
            }
        }

        Assert.Contains("page.js", seen);
        Assert.Contains("model/api.js", seen);
        Assert.Contains("vendor/marked.esm.js", seen);
    }

    [Fact]
    public async Task Nothing_that_the_page_loads_comes_from_elsewhere()
    {
        await using var app = await ChatApp.StartAsync();
        var index = await app.Http.GetStringAsync("/");
        Assert.All(Addresses().Matches(index), match => Assert.StartsWith("page/", match.Groups[1].Value, StringComparison.Ordinal));
        Assert.Equal(0, Inline().Count(index));
        foreach (var name in FileNames().Matches(index).Select(match => match.Groups[1].Value).Where(name => name.EndsWith(".css", StringComparison.Ordinal)))
        {
            Assert.DoesNotContain("url(", await app.Http.GetStringAsync($"/page/{name}"), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("/ui")]
    [InlineData("/ui/")]
    public async Task The_page_may_stand_elsewhere(string address)
    {
        await using var app = await ChatApp.StartAsync(map: own => own.MapAgentStreamPage("/ui"));
        using var page = await app.Http.GetAsync(address);

        AssertFile(page, "text/html; charset=utf-8");
        Assert.Equal("/ui/", page.RequestMessage?.RequestUri?.AbsolutePath);
        using var script = await app.Http.GetAsync("/ui/page/page.js");
        AssertFile(script, "text/javascript; charset=utf-8");
    }

    [Fact]
    public async Task A_file_that_has_not_changed_is_not_sent_again()
    {
        await using var app = await ChatApp.StartAsync();
        using var first = await app.Http.GetAsync("/");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await app.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task The_page_answers_to_head()
    {
        await using var app = await ChatApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/");
        using var response = await app.Http.SendAsync(request);

        AssertFile(response, "text/html; charset=utf-8");
        Assert.True(response.Content.Headers.ContentLength > 0);
    }

    [Theory]
    [InlineData("/page/nothing.js")]
    [InlineData("/page/..%2Fappsettings.json")]
    [InlineData("/page/%2Fetc%2Fpasswd")]
    public async Task There_are_no_other_files(string path)
    {
        await using var app = await ChatApp.StartAsync();
        using var response = await app.Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static void AssertFile(HttpResponseMessage response, string contentType)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(contentType, response.Content.Headers.ContentType?.ToString());
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal(["no-referrer"], response.Headers.GetValues("Referrer-Policy"));
        Assert.True(response.Headers.CacheControl?.NoCache);
        Assert.NotNull(response.Headers.ETag);
    }

    [GeneratedRegex("""(?:src|href)="page/([^"]+)["]""")]
    private static partial Regex FileNames();

    [GeneratedRegex("""<(?:script|link|img|iframe)[^>]*(?:src|href)="(?!data:)([^"]+)["]""")]
    private static partial Regex Addresses();

    [GeneratedRegex(""" (?:on[a-z]+|style)="|<style|<script(?![^>]*src=)""")]
    private static partial Regex Inline();

    [GeneratedRegex(@"from '(\.[^']+)'")]
    private static partial Regex Imports();
}
