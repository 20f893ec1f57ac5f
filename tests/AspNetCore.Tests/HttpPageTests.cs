using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;

namespace AgentStream.AspNetCore.Tests;

/// <summary>docs/http.md has the routes that <c>MapAgentStream</c> maps, and no others.</summary>
public sealed partial class HttpPageTests
{
    [Fact]
    public async Task The_page_has_each_route_once()
    {
        using var model = new TwoWords();
        await using var app = await WholeProgram.StartAsync(model);
        var mapped = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(route => route.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Select(method => $"{method} /{route.RoutePattern.RawText!.Trim('/')}"));
        Assert.Equal(mapped.Order(StringComparer.Ordinal), Rows().Order(StringComparer.Ordinal));
    }

    /// <summary>The routes of the table.</summary>
    internal static IEnumerable<string> Rows([CallerFilePath] string file = "")
    {
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "docs", "http.md"));
        var table = page.Split("## Routes")[1].Split("## Start a run")[0];
        return Row().Matches(table).Select(match => match.Groups[1].Value);
    }

    [GeneratedRegex("^\\| `([A-Z]+ /chat[^`]*)`", RegexOptions.Multiline)]
    private static partial Regex Row();
}
