using System.Text.RegularExpressions;

namespace AgentStream.Packages.Tests;

/// <summary>What <c>dotnet pack</c> makes of this repository.</summary>
[Collection(nameof(PackedFeed))]
public sealed partial class PackageTests(PackedFeed feed)
{
    [Fact]
    public void The_packages_are_those_that_the_page_lists() =>
        Assert.Equal(
            Row().Matches(Repository.Read("docs/packages.md")).Select(row => row.Groups[1].Value).Order(StringComparer.Ordinal),
            feed.Packages.Select(package => package.Id).Order(StringComparer.Ordinal));

    [Fact]
    public void Packing_warns_of_nothing() => Assert.DoesNotMatch("(?i)warning|cannot be packaged", feed.Log);

    [Fact]
    public void A_package_says_what_it_is() => Assert.All(feed.Packages, package =>
    {
        Assert.Contains(package.Text("readme"), package.Files);
        Assert.Contains(package.Text("icon"), package.Files);
        Assert.Equal("MIT", package.Text("license"));
        Assert.Matches("^[0-9a-f]{40}$", package.Element("repository")?.Attribute("commit")?.Value ?? "none");
        Assert.Contains("agents", package.Text("tags")!.Split(' '));
        Assert.NotEqual("Package Description", package.Text("description"));
    });

    [Fact]
    public void A_package_has_a_readme_of_its_own() => Assert.All(feed.Packages, package =>
    {
        var lines = Repository.Read($"src/{(package.Id == "AgentStream" ? package.Id : package.Id["AgentStream.".Length..])}/README.md").TrimEnd().Split('\n');
        Assert.Equal($"# {package.Id}", lines[0]);
        Assert.InRange(lines.Length, 10, 30);
        Assert.Contains(lines, line => line.StartsWith("```", StringComparison.Ordinal));
    });

    [Fact]
    public void A_package_runs_on_each_platform() => Assert.All(feed.Packages, package => Assert.Empty(package.ForOnePlatform));

    [Fact]
    public void A_package_has_the_symbols_of_its_assembly() => Assert.All(feed.Packages, package =>
    {
        var assembly = package.Files.SingleOrDefault(file => Path.GetFileName(file) == $"{package.Id}.dll");
        if (package.Id is "AgentStream" or "AgentStream.Templates")
        {
            Assert.Null(assembly);
            Assert.Null(package.SymbolFiles);
        }
        else
        {
            Assert.Contains(Path.ChangeExtension(assembly, ".pdb"), package.SymbolFiles!);
        }
    });

    [Fact]
    public void All_have_one_version_and_depend_on_that()
    {
        Assert.All(feed.Packages, package => Assert.Equal(feed.Version, package.Version));
        Assert.All(
            feed.Packages.SelectMany(package => package.Dependencies).Where(dependency => dependency.Id.StartsWith("AgentStream", StringComparison.Ordinal)),
            dependency => Assert.Equal(feed.Version, dependency.Version));
    }

    [Fact]
    public async Task A_package_that_is_built_to_be_shipped_has_a_version_of_the_tags()
    {
        var version = await Shell.RunAsync(feed.Folder, $"dotnet msbuild '{Path.Combine(Repository.Root, "src/Cli/Cli.csproj")}' -t:MinVer -p:_IsPacking=true -getProperty:PackageVersion");
        Assert.Matches(@"^\d+\.\d+\.\d+(-[\w.]+)?$", version.Trim());
        Assert.DoesNotContain("dev", version, StringComparison.Ordinal);
    }

    [Fact]
    public void The_package_of_the_template_is_one_and_brings_no_other()
    {
        var package = feed.Packages.Single(package => package.Id == "AgentStream.Templates");
        Assert.Equal("Template", package.Element("packageTypes")?.Elements().Single().Attribute("name")?.Value);
        Assert.Empty(package.Dependencies);
        Assert.All(package.Files, file => Assert.DoesNotMatch("/(bin|obj)/|^lib/", file));
    }

    [Fact]
    public void The_package_to_begin_with_brings_what_belongs_together()
    {
        string[] found = [.. All("AgentStream").Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(
            [
                "AgentStream", "AgentStream.AspNetCore", "AgentStream.ChatPage", "AgentStream.Client", "AgentStream.Grains",
                "AgentStream.Grains.Abstractions", "AgentStream.Storage", "AgentStream.Storage.Redis",
            ],
            found);

        IEnumerable<string> All(string id) => feed.Packages.Where(package => package.Id == id)
            .SelectMany(package => package.Dependencies.SelectMany(dependency => All(dependency.Id)).Prepend(id));
    }

    [GeneratedRegex(@"^\| `(AgentStream[\w.]*)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
