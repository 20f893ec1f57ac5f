using System.Diagnostics;

namespace AgentStream.Sources.Tests;

/// <summary>What <c>.ci/api</c> and <c>.ci/ship</c> do from the first version on, in a repository that has one.</summary>
public sealed class ApiBaselineTests : IDisposable
{
    private const string Member = "Room.Thing.Do() -> void";
    private const string Changes = "# Changelog\n\n## Unreleased\n\n### Added\n- A thing.\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agentstream-api-");

    public ApiBaselineTests()
    {
        Directory.CreateDirectory(At("src/Room"));
        Write("src/Room/PublicAPI.Shipped.txt", "#nullable enable\n");
        Write("src/Room/PublicAPI.Unshipped.txt", $"#nullable enable\nRoom.Thing\n{Member}\n");
        Write("CHANGELOG.md", Changes);
        Git("init", "--quiet");
        Commit();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Without_a_version_anything_may_change()
    {
        Write("src/Room/PublicAPI.Unshipped.txt", "#nullable enable\n");
        Assert.Equal("", Api());
    }

    [Fact]
    public void A_version_ships_what_was_new_and_the_changelog_names_it()
    {
        Release("1.0.0");
        Assert.Equal($"#nullable enable\nRoom.Thing\n{Member}\n", Read("src/Room/PublicAPI.Shipped.txt"));
        Assert.Equal("#nullable enable\n", Read("src/Room/PublicAPI.Unshipped.txt"));
        Assert.Matches(@"^# Changelog\n\n## Unreleased\n\n## 1\.0\.0 - \d{4}-\d\d-\d\d\n\n### Added\n- A thing\.\n$", Read("CHANGELOG.md"));
        Assert.Equal("", Api());
    }

    [Theory]
    [InlineData("#nullable enable\nRoom.Thing\n")]
    [InlineData("#nullable enable\nRoom.Thing\nRoom.Thing.Do(int count) -> void\n")]
    [InlineData(null)]
    public void A_member_of_the_last_version_that_is_removed_or_changed_is_refused(string? shipped)
    {
        Release("1.0.0");
        if (shipped is null)
        {
            Directory.Delete(At("src/Room"), recursive: true);
        }
        else
        {
            Write("src/Room/PublicAPI.Shipped.txt", shipped);
        }

        Assert.Contains($"src/Room/PublicAPI.Shipped.txt: {Member}", Api(), StringComparison.Ordinal);

        // A tag of a preview is no version.
        Commit();
        Git("tag", "v1.1.0-rc.1");
        Assert.Contains(Member, Api(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_is_removed_on_purpose_needs_a_word_in_the_changelog_and_a_new_major_version()
    {
        Release("1.0.0");
        Write("src/Room/PublicAPI.Unshipped.txt", $"#nullable enable\n*REMOVED*{Member}\n");
        Assert.Contains("'### Breaking'", Api(), StringComparison.Ordinal);

        Write("CHANGELOG.md", Read("CHANGELOG.md").Replace("## Unreleased\n", "## Unreleased\n\n### Breaking\n- No more doing.\n", StringComparison.Ordinal));
        Assert.Equal("", Api());
        Assert.Contains("1.1.0 may not break v1.0.0", Ship("1.1.0"), StringComparison.Ordinal);

        // Between the two steps of a release, too.
        Assert.Equal("", Ship("2.0.0"));
        Assert.Equal("", Api());
        Assert.Equal("#nullable enable\nRoom.Thing\n", Read("src/Room/PublicAPI.Shipped.txt"));
    }

    [Theory]
    [InlineData("0.1.0", "0.2.0", "")]
    [InlineData("0.1.0", "0.1.1", "may not break")]
    [InlineData("1.0.0", "1.0.0", "does not come after")]
    [InlineData("1.0.0", "2.0", "no version")]
    public void Before_the_first_major_version_a_minor_one_may_break(string first, string next, string refusal)
    {
        Release(first);
        Write("CHANGELOG.md", Read("CHANGELOG.md").Replace("## Unreleased\n", "## Unreleased\n\n### Breaking\n- All.\n", StringComparison.Ordinal));
        var answer = Ship(next);
        Assert.Contains(refusal, answer, StringComparison.Ordinal);
        Assert.Equal(refusal.Length == 0, answer.Length == 0);
    }

    private string At(string path) => Path.Combine(_folder.FullName, path);

    private string Read(string path) => File.ReadAllText(At(path));

    private void Write(string path, string text) => File.WriteAllText(At(path), text);

    private string Api() => Run(Path.Combine(Repository.Root, ".ci/api"), "--root", _folder.FullName);

    private string Ship(string version) => Run(Path.Combine(Repository.Root, ".ci/ship"), version, "--root", _folder.FullName);

    private void Release(string version)
    {
        Assert.Equal("", Ship(version));
        Commit();
        Git("tag", $"v{version}");
    }

    private void Commit()
    {
        Git("add", "--all");
        Git("-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "a change");
    }

    private void Git(params string[] arguments) => Assert.Equal("", Run("git", ["-C", _folder.FullName, .. arguments]));

    /// <summary>What a program says when it fails; empty when it does not.</summary>
    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(error.Length > 0, process.ExitCode != 0);
        return error;
    }
}
