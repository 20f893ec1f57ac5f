using System.Xml.Linq;

namespace AgentStream.Sources.Tests;

public sealed class ProjectTests
{
    public static TheoryData<string> Projects => [.. Repository.Projects.Select(path => Path.GetFileNameWithoutExtension(path))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_room_shows_its_insides_to_no_other_room(string room)
    {
        var project = XDocument.Load(Repository.Projects.Single(path => Path.GetFileNameWithoutExtension(path) == room));
        var friends = project.Descendants("InternalsVisibleTo").Select(friend => friend.Attribute("Include")!.Value).ToList();
        var rooms = Repository.Projects.Select(path => $"AgentStream.{Path.GetFileNameWithoutExtension(path)}");

        Assert.Empty(friends.Intersect(rooms));
    }
}
