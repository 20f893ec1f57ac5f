namespace AgentStream.Sources.Tests;

public sealed class FolderTests
{
    public static TheoryData<string> Rooms => [.. Repository.Rooms.Select(room => Path.GetFileName(room))];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void No_folder_of_a_room_refers_to_one_that_refers_back(string room)
    {
        var circles = new FolderReferences([.. Repository.Files($"src/{room}")]).Circles().ToList();
        Assert.True(circles.Count == 0, string.Join("\n", circles));
    }

    [Fact]
    public void A_circle_is_told_with_the_files_that_close_it()
    {
        SourceFile[] room =
        [
            new("src/Room/A/One.cs", "namespace Room.A;\ninternal sealed class One\n{\n    private readonly Two _two = new();\n}\n"),
            new("src/Room/B/Two.cs", "namespace Room.B;\ninternal sealed class Two\n{\n    private readonly Three? _three;\n}\n"),
            new("src/Room/C/Three.cs", "namespace Room.C;\ninternal sealed class Three\n{\n    public static void Do(One one) { }\n}\n"),
        ];

        Assert.Equal(
            ["A -> B: src/Room/A/One.cs names Two; B -> C: src/Room/B/Two.cs names Three; C -> A: src/Room/C/Three.cs names One"],
            new FolderReferences(room).Circles());
    }

    [Theory]
    [InlineData("public int Two => 2;\n    private int _two = other.Two;")]
    [InlineData("public int Two() => 2;")]
    [InlineData("// See Two.")]
    [InlineData("/// <see cref=\"Two\"/>")]
    [InlineData("public string Name => \"Two\";")]
    public void A_member_a_comment_or_a_text_with_a_types_name_is_no_reference(string member)
    {
        SourceFile[] room =
        [
            new("src/Room/A/One.cs", $"namespace Room.A;\ninternal sealed class One\n{{\n    {member}\n}}\n"),
            new("src/Room/B/Two.cs", "namespace Room.B;\ninternal sealed class Two : One;\n"),
        ];

        Assert.Empty(new FolderReferences(room).Circles());
    }

    [Fact]
    public void The_room_itself_may_refer_to_its_folders_and_they_to_it()
    {
        SourceFile[] room =
        [
            new("src/Room/Front.cs", "namespace Room;\ninternal sealed class Front(One one);\n"),
            new("src/Room/A/One.cs", "namespace Room.A;\ninternal sealed class One(Front front);\n"),
        ];

        Assert.Empty(new FolderReferences(room).Circles());
    }
}
