using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using AgentStream.Events;

namespace AgentStream.Packages.Tests;

/// <summary>Samples as the programs of a user, who has the packages and not this repository.</summary>
[Collection(nameof(PackedFeed))]
public sealed partial class SamplePackagesTests(PackedFeed feed)
{
    private static readonly SessionKey Session = new(1, 1, "s1");

    [Fact]
    public async Task A_tool_with_a_database_serves_users_with_accounts_of_their_own()
    {
        var folder = await BuildAsync("Accounts");
        await using var shop = await StartAsync(folder);
        using var web = new HttpClient { BaseAddress = shop.Url };
        using var login = await web.PostAsJsonAsync("token", new { email = "anna@example.com", password = "anna-knows" });
        web.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await login.EnsureSuccessStatusCode().Content.ReadAsStringAsync());

        Assert.Contains("Order 1, a teapot, is on its way.", await AskAsync("where is my order 1?"), StringComparison.Ordinal);
        Assert.Contains("You have no order 2.", await AskAsync("where is order 2?"), StringComparison.Ordinal);

        async Task<string> AskAsync(string prompt)
        {
            using var answer = await web.PostAsJsonAsync("chat", new { prompt, session_id = "s1" });
            return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task A_call_waits_for_a_person_over_a_restart()
    {
        const string Paid = "The money for order 7 is on its way.";
        var folder = await BuildAsync("Approvals");
        await using (var desk = await StartAsync(folder))
        {
            using var client = ClientOf(desk);
            await client.StartAsync(Session, new RunRequest("please refund order 7"));
            await HearAsync(client);
            Assert.Equal("refund", Assert.Single(await client.GetPendingAsync(Session)).ToolName);
            Assert.DoesNotContain(Paid, desk.Output, StringComparison.Ordinal);
        }

        await using (var desk = await StartAsync(folder))
        {
            using var client = ClientOf(desk);
            await client.ApproveAsync(Session, Assert.Single(await client.GetPendingAsync(Session)).RequestId);
            Assert.Equal("Order 7 is refunded.", (await HearAsync(client)).Answer);
            await desk.WritesAsync(Paid);
        }
    }

    /// <summary>Builds a sample with packages in the place of this repository's projects.</summary>
    private async Task<string> BuildAsync(string sample)
    {
        var parent = Path.Combine(feed.Folder, $"With{sample}");
        foreach (var name in new[] { "Shared", sample })
        {
            var folder = Directory.CreateDirectory(Path.Combine(parent, name)).FullName;
            foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "samples", name)).Where(file => Path.GetExtension(file) is ".cs" or ".csproj"))
            {
                var (text, own) = (await File.ReadAllTextAsync(file), """<PackageReference Include="AgentStream" />""");
                await File.WriteAllTextAsync(Path.Combine(folder, Path.GetFileName(file)), OwnProject().Replace(text, own));
            }
        }

        await File.WriteAllTextAsync(
            Path.Combine(parent, "Directory.Build.props"),
            """
            <Project>
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
              </PropertyGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(
            Path.Combine(parent, "Directory.Packages.props"),
            Repository.Read("Directory.Packages.props").Replace("</Project>", $"""<ItemGroup><PackageVersion Include="AgentStream" Version="{feed.Version}" /></ItemGroup></Project>""", StringComparison.Ordinal));

        var program = Path.Combine(parent, sample);
        Assert.Contains(
            """<PackageReference Include="AgentStream" />""", await File.ReadAllTextAsync(Path.Combine(program, $"{sample}.csproj")), StringComparison.Ordinal);
        await Shell.RunAsync(program, "dotnet build -warnaserror");
        return program;
    }

    private static Task<Server> StartAsync(string folder) => Server.StartAsync(folder, "dotnet run --no-build -- --urls http://127.0.0.1:0 --AgentStream:GracePeriod=1h");

    private static AgentStreamHttpClient ClientOf(Server server) => new(new Uri(server.Url, "chat"));

    private static async Task<Transcript> HearAsync(AgentStreamHttpClient client)
    {
        var run = new Transcript();
        await foreach (var item in client.ListenAsync(Session))
        {
            run.Apply(item);
        }

        return run;
    }

    [GeneratedRegex("""<ProjectReference Include="\.\./\.\./src/AgentStream/AgentStream\.csproj" />""")]
    private static partial Regex OwnProject();
}
