using System.Reflection;
using System.Text;
using System.Text.Json;
using AgentStream.Messages;

namespace AgentStream.Grains.Tests.Messages;

/// <summary>The corpus of histories, and what the tests do with one.</summary>
internal static class Histories
{
    private const string Folder = "Corpus/";

    /// <summary>The names of the documents.</summary>
    public static IEnumerable<string> Names { get; } =
        [.. typeof(Histories).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Select(name => name[Folder.Length..]).Order()];

    public static string Text(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + name)!);
        return reader.ReadToEnd();
    }

    /// <summary>Reads a history, and once more as a long one is read: both say the same.</summary>
    public static IReadOnlyList<ModelMessage> Read(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        try
        {
            var messages = ModelMessages.FromJson(bytes);
            Assert.Equal(ModelMessages.ToJson(messages), ModelMessages.ToJson(ModelMessages.FromLongJson(bytes)));
            return messages;
        }
        catch (InvalidInputException e)
        {
            var again = Assert.Throws<InvalidInputException>(() => ModelMessages.FromLongJson(bytes));
            Assert.Equal((e.Field, e.Rule), (again.Field, again.Rule));
            throw;
        }
    }

    public static string Write(IEnumerable<ModelMessage> messages) => Encoding.UTF8.GetString(ModelMessages.ToJson([.. messages]));

    /// <summary>Whether two JSON texts have the same value; the order of fields is free.</summary>
    public static bool SameJson(string one, string other) => JsonElement.DeepEquals(Parse(one), Parse(other));

    public static void AssertSame(string expected, string actual)
    {
        if (!SameJson(expected, actual))
        {
            // The texts show where they part.
            Assert.Equal(Sorted(expected), Sorted(actual));
            Assert.Fail($"The JSON differs:\n{expected}\n{actual}");
        }
    }

    public static JsonElement Parse(string json) => JsonElement.Parse(json, new JsonDocumentOptions { MaxDepth = 2000 });

    /// <summary>The same history as if it had been made here: nothing remembers the JSON that it was read from.</summary>
    public static IEnumerable<ModelMessage> Fresh(IEnumerable<ModelMessage> messages) => messages.Select(message => Forget<ModelMessage>(message switch
    {
        ModelRequest request => request with { Parts = [.. request.Parts.Select(Fresh)] },
        ModelResponse response => response with { Parts = [.. response.Parts.Select(Fresh)], Usage = response.Usage is { } usage ? Forget(usage with { }) : null },
        _ => message,
    }));

    private static RequestPart Fresh(RequestPart part) => Forget<RequestPart>(part switch
    {
        UserPromptPart prompt => prompt with { Content = [.. prompt.Content.Select(item => Forget<UserContent>(item with { }))] },
        _ => part with { },
    });

    private static ResponsePart Fresh(ResponsePart part) => Forget<ResponsePart>(part switch
    {
        FilePart file => file with { Content = Forget(file.Content with { }) },
        _ => part with { },
    });

    private static T Forget<T>(T item)
        where T : MessageElement
    {
        item.Origin = null;
        return item;
    }

    private static string Sorted(string json) => Sorted(Parse(json)).ToString();

    private static StringBuilder Sorted(JsonElement json, StringBuilder? text = null, string indent = "\n")
    {
        text ??= new StringBuilder();
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var field in json.EnumerateObject().OrderBy(field => field.Name, StringComparer.Ordinal))
                {
                    Sorted(field.Value, text.Append(indent).Append(field.Name).Append(": "), indent + "  ");
                }

                return text;
            case JsonValueKind.Array:
                foreach (var item in json.EnumerateArray())
                {
                    Sorted(item, text.Append(indent).Append("- "), indent + "  ");
                }

                return text;
            default:
                return text.Append(json.GetRawText());
        }
    }
}
