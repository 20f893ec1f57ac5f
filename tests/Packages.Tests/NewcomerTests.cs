using AgentStream.Packages.Tests.CodeBlocks;

namespace AgentStream.Packages.Tests;

/// <summary>What docs/getting-started.md tells a newcomer to do, in a folder outside of this repository.</summary>
[Collection(nameof(PackedFeed))]
public sealed class NewcomerTests(PackedFeed feed)
{
    private const string AnyPort = "--urls http://127.0.0.1:0";
    private static readonly SessionKey Session = new(1, 1, "first");

    [Fact]
    public async Task An_empty_folder_becomes_a_program_that_answers()
    {
        var page = CodeBlock.OfPage("docs/getting-started.md");
        await Shell.RunAsync(feed.Folder, page.First(block => block.Language == "").Text);
        var folder = Path.Combine(feed.Folder, "Chat");
        var files = page.Where(block => block.Language == "csharp").Take(2).ToList();
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), files[0].Text);
        await File.WriteAllTextAsync(Path.Combine(folder, "EchoModel.cs"), files[1].Text);
        await Shell.RunAsync(folder, "dotnet build -warnaserror");
        Assert.All(feed.Packages.Where(package => package.Id is "AgentStream" or "AgentStream.Grains" or "AgentStream.ChatPage"), package => Assert.True(feed.IsUsed(package), package.Id));

        await using var server = await Server.StartAsync(folder, $"dotnet run --no-build -- {AnyPort}");
        using var browser = new HttpClient();
        Assert.Contains("<title>", await browser.GetStringAsync(server.Url), StringComparison.Ordinal);
        using var client = new AgentStreamHttpClient(new Uri(server.Url, "chat"));
        Assert.Equal("You said: good morning", await client.AskAsync(Session, "good morning"));
    }

    [Fact]
    public async Task The_tools_install_and_speak_to_each_other()
    {
        var tools = Path.Combine(feed.Folder, "tools");
        await Shell.RunAsync(
            feed.Folder,
            $"""
            dotnet tool install AgentStream.Cli --prerelease --tool-path '{tools}'
            dotnet tool install AgentStream.Silo --prerelease --tool-path '{tools}'
            """);
        var version = await Shell.RunAsync(feed.Folder, $"'{tools}/agentstream' --version");
        Assert.Equal(feed.Version, version.Trim().Split('+')[0]);

        await using var silo = await Server.StartAsync(feed.Folder, $"'{tools}/agentstream-silo' {AnyPort}");
        Assert.Equal("12*7 is 84.", (await Shell.RunAsync(feed.Folder, $"'{tools}/agentstream' ask --quiet --url {silo.Url} 'what is 12*7?' 2>/dev/null")).Trim());
    }
}
