using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace AgentStream.AspNetCore.Tests;

/// <summary>The routes as OpenAPI: docs/openapi.json says what the code does, and docs/http.md names the same routes.</summary>
public sealed partial class OpenApiTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public async Task The_document_that_is_checked_in_is_that_of_the_code()
    {
        var actual = (await ReadAsync()).ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = global::System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
        var file = Path.Combine(Root, "artifacts", "openapi.json");
        await File.WriteAllTextAsync(file, actual);
        Assert.True(
            actual == await File.ReadAllTextAsync(Path.Combine(Root, "docs", "openapi.json")),
            "The routes are not those of docs/openapi.json. If they are meant to be other: cp artifacts/openapi.json docs/openapi.json");
    }

    [Fact]
    public async Task The_routes_of_the_document_are_those_of_the_table_in_the_docs()
    {
        var described = (await ReadAsync())["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"));
        Assert.Equal(HttpPageTests.Rows().Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Each_field_of_a_body_is_one_that_its_route_knows()
    {
        await using var app = await ChatApp.StartAsync();
        var document = await ReadAsync();
        var checkedBodies = 0;
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in operations!.AsObject())
            {
                if (operation!["requestBody"]?["content"]?["application/json"]?["schema"]?["$ref"]?.GetValue<string>() is not { } schema)
                {
                    continue;
                }

                checkedBodies++;
                var fields = document["components"]!["schemas"]![schema.Split('/')[^1]]!["properties"]!.AsObject().Select(field => field.Key).ToList();
                using var request = new HttpRequestMessage(HttpMethod.Parse(method), ParameterName().Replace(path, "x"))
                {
                    // Of no field's type, and one that no route has.
                    Content = new StringContent(JsonSerializer.Serialize(fields.Append("none").ToDictionary(field => field, _ => new object())), Encoding.UTF8, "application/json"),
                };
                using var answer = await app.Http.SendAsync(request);
                Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
                var errors = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["errors"]!.AsObject();
                Assert.Contains("none", errors.Select(error => error.Key));
                var unknown = errors["none"]!.ToJsonString();
                Assert.All(fields, field => Assert.NotEqual(unknown, errors[field]?.ToJsonString()));
            }
        }

        Assert.Equal(6, checkedBodies);
    }

    private static async Task<JsonObject> ReadAsync()
    {
        await using var app = await ChatApp.StartAsync(
            builder => builder.Services.AddOpenApi(options =>
            {
                options.ShouldInclude = route => route.RelativePath?.StartsWith("chat", StringComparison.Ordinal) == true;
                options.AddDocumentTransformer((document, _, _) =>
                {
                    (document.Info, document.Servers) = (new OpenApiInfo { Title = "AgentStream", Version = "1", Description = "What stands here is said in docs/http.md." }, []);
                    return Task.CompletedTask;
                });
            }),
            app => app.MapOpenApi());
        return JsonNode.Parse(await app.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative)))!.AsObject();
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "AgentStream.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("There is no AgentStream.sln above the tests.");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex ParameterName();
}
