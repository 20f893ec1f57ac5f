using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using AgentStream.Packages.Tests.CodeBlocks;

namespace AgentStream.Packages.Tests;

/// <summary>What <c>dotnet new agentstream</c> makes, in a folder outside of this repository.</summary>
[Collection(nameof(PackedFeed))]
public sealed partial class TemplateTests(PackedFeed feed)
{
    private const string Content = "src/Templates/content/agentstream";

    [Fact]
    public async Task The_template_becomes_a_program_that_answers_a_caller_with_a_token()
    {
        // Neither the user's templates nor the user's secrets are touched.
        var home = Path.Combine(feed.Folder, "home");
        var secrets = $"APPDATA='{Path.Combine(feed.Folder, "secrets")}'";
        var commands = CodeBlock.OfPage("docs/getting-started.md").Single(block => block.Text.StartsWith("dotnet new install", StringComparison.Ordinal)).Text;
        await Shell.RunAsync(feed.Folder, $"export DOTNET_CLI_HOME='{home}'\n{commands}");
        var folder = Path.Combine(feed.Folder, "Shop");
        Assert.All(Directory.GetFiles(folder, "*", SearchOption.AllDirectories), file =>
        {
            Assert.DoesNotContain("MyAgent", file, StringComparison.Ordinal);
            Assert.DoesNotMatch("MyAgent|0\\.0\\.0-agentstream|5f0ce1b4", File.ReadAllText(file));
        });
        Assert.Contains(Path.Combine(folder, ".gitignore"), Directory.GetFiles(folder));

        Assert.Matches("Passed!.*Passed: +2,", await Shell.RunAsync(folder, "dotnet build -warnaserror\ndotnet test --no-build"));
        Assert.All(feed.Packages.Where(package => package.Id is "AgentStream" or "AgentStream.Testing"), package => Assert.True(feed.IsUsed(package), package.Id));

        var token = (await Shell.RunAsync(folder, $"{secrets} dotnet user-jwts create --project src/Shop --name anna --output token")).Trim();
        await using var server = await Server.StartAsync(folder, $"env {secrets} dotnet run --no-build --project src/Shop -- --urls http://127.0.0.1:0");
        using var client = new HttpClient { BaseAddress = server.Url };
        using (var refused = await AskAsync(client, "Where is order 7?"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await AskAsync(client, "Where is order 7?");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var said = await answer.Content.ReadAsStringAsync();
        Assert.True(Answer().IsMatch(said), said);
    }

    [Fact]
    public void The_template_takes_other_packages_in_the_versions_of_this_repository()
    {
        var known = XDocument.Parse(Repository.Read("Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value);
        var taken = new[] { $"{Content}/src/MyAgent/MyAgent.csproj", $"{Content}/tests/MyAgent.Tests/MyAgent.Tests.csproj" }
            .SelectMany(project => XDocument.Parse(Repository.Read(project)).Descendants("PackageReference"))
            .Select(package => (Id: package.Attribute("Include")!.Value, Version: package.Attribute("Version")!.Value))
            .ToList();
        Assert.All(taken, package => Assert.Equal(Own().IsMatch(package.Id) ? "0.0.0-agentstream" : known[package.Id], package.Version));
        Assert.Equal(2, taken.Count(package => Own().IsMatch(package.Id)));
        Assert.Equal(4, taken.Count(package => !Own().IsMatch(package.Id)));
    }

    [Fact]
    public void The_readme_in_the_template_has_20_lines_or_some_more() => Assert.InRange(Repository.Read($"{Content}/README.md").TrimEnd().Split('\n').Length, 15, 30);

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, string prompt)
    {
        using var body = new StringContent($$"""{"prompt":"{{prompt}}"}""", Encoding.UTF8, "application/json");
        return await client.PostAsync("chat", body);
    }

    // The tool's result, and then the model's words.
    [GeneratedRegex(""""(?s)"tool-call","tool_name":"find_order".*"tool-return",.*"Order 7 was sent on Monday\.".*"text","content":"Order 7 was sent on Monday\."""")]
    private static partial Regex Answer();

    [GeneratedRegex(@"^AgentStream(\.|$)")]
    private static partial Regex Own();
}
