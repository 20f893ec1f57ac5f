namespace AgentStream.Sources.Tests;

public sealed class FileTests
{
    // A file is about one thing, and one thing can be said in so many lines.
    private const int MaxLines = 300;

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void No_file_has_more_than_300_lines(string folder)
    {
        var longer = Repository.Files(folder).Where(file => file.Lines > MaxLines).Select(file => $"{file.Path} has {file.Lines} lines").ToList();
        Assert.True(longer.Count == 0, string.Join("\n", longer));
    }

    [Theory]
    [InlineData("a", 1)]
    [InlineData("a\n", 1)]
    [InlineData("a\nb\n", 2)]
    [InlineData("a\n\nb", 3)]
    public void Lines_are_counted_as_an_editor_does(string text, int lines) => Assert.Equal(lines, new SourceFile("a.cs", text).Lines);
}
