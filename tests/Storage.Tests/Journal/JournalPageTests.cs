using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using AgentStream.Storage.Testing;

namespace AgentStream.Storage.Tests.Journal;

/// <summary>docs/journals.md says what is tested.</summary>
public sealed partial class JournalPageTests
{
    private static readonly string Page = Read("../../../docs/journals.md");

    [Fact]
    public void The_journal_on_the_page_is_the_one_that_is_tested() =>
        Assert.Contains($"```csharp\n{Read("SqlJournal.cs")}```\n", Page, StringComparison.Ordinal);

    [Fact]
    public void The_page_names_each_test_of_the_contract_and_no_other()
    {
        var tests = typeof(SessionJournalContract).GetMethods().Where(method => method.IsDefined(typeof(FactAttribute), inherit: true)).Select(method => method.Name);
        Assert.Equal(tests.Order(StringComparer.Ordinal), TestName().Matches(Page).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    private static string Read(string path, [CallerFilePath] string here = "") => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, path));

    [GeneratedRegex(@"`([A-Z][a-z]*(?:_\w+){3,})`")]
    private static partial Regex TestName();
}
