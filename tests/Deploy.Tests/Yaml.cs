using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace AgentStream.Deploy.Tests;

/// <summary>Reads YAML files by names and places.</summary>
internal static class Yaml
{
    /// <summary>The documents of a file.</summary>
    public static IReadOnlyList<YamlNode> Read(string path)
    {
        var yaml = new YamlStream();
        using var reader = new StringReader(Repository.Read(path));
        yaml.Load(reader);
        return [.. yaml.Documents.Select(document => document.RootNode)];
    }

    /// <summary>What is at a place below a node; null when there is nothing.</summary>
    /// <param name="node">The node.</param>
    /// <param name="path">The way there: names of mappings and places of lists.</param>
    public static YamlNode? Find(this YamlNode node, params object[] path)
    {
        var at = node;
        foreach (var step in path)
        {
            var next = (at, step) switch
            {
                (YamlMappingNode mapping, string name) => mapping.Children.TryGetValue(new YamlScalarNode(name), out var value) ? value : null,
                (YamlSequenceNode list, int place) => place < list.Children.Count ? list.Children[place] : null,
                _ => null,
            };
            if (next is null)
            {
                return null;
            }

            at = next;
        }

        return at;
    }

    /// <summary>What is at a place below a node.</summary>
    public static YamlNode At(this YamlNode node, params object[] path) =>
        node.Find(path) ?? throw new InvalidOperationException($"There is no {string.Join(" / ", path)} in: {node}");

    /// <summary>The text at a place.</summary>
    public static string Text(this YamlNode node, params object[] path) => ((YamlScalarNode)node.At(path)).Value ?? "";

    /// <summary>The whole number at a place.</summary>
    public static int Number(this YamlNode node, params object[] path) => int.Parse(node.Text(path), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The nodes of a list.</summary>
    public static IList<YamlNode> Items(this YamlNode node) => ((YamlSequenceNode)node).Children;

    /// <summary>The names and nodes of a mapping.</summary>
    public static IEnumerable<(string Name, YamlNode Value)> Pairs(this YamlNode node) =>
        ((YamlMappingNode)node).Children.Select(pair => (((YamlScalarNode)pair.Key).Value!, pair.Value));
}
