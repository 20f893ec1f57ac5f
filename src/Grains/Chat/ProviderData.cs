using System.Text.Json;
using Microsoft.Extensions.AI;

namespace AgentStream.Grains.Chat;

/// <summary>
/// What a provider gives with a call or a thought and may want to see again. Chat clients have it in a content's
/// <see cref="AIContent.AdditionalProperties"/>, a history in the part's <c>provider_name</c> and <c>provider_details</c>.
/// </summary>
/// <param name="Name">The provider, where that is known.</param>
/// <param name="Details">A JSON object; null for none.</param>
internal readonly record struct ProviderData(string? Name, JsonElement? Details)
{
    private const string NameProperty = "provider_name";
    private const string IdProperty = "id";

    /// <summary>Reads a content's properties. What is no data is left out: it could not be kept.</summary>
    public static ProviderData Of(AdditionalPropertiesDictionary? properties)
    {
        if (properties is not { Count: > 0 })
        {
            return default;
        }

        var details = new Dictionary<string, JsonElement>();
        foreach (var (name, value) in properties)
        {
            if (value is not null && name is not (NameProperty or IdProperty))
            {
                try
                {
                    details[name] = ChatJson.ToElement(value);
                }
                catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
                {
                    continue;
                }
            }
        }

        return new ProviderData(NameOf(properties), details.Count == 0 ? null : ChatJson.ToElement(details));
    }

    /// <summary>The provider of a content, where that is known.</summary>
    public static string? NameOf(AdditionalPropertiesDictionary? properties) => properties?.GetValueOrDefault(NameProperty) as string;

    /// <summary>A content's properties; null for none.</summary>
    /// <param name="id">The id that the provider gave the part.</param>
    public AdditionalPropertiesDictionary? ToProperties(string? id)
    {
        var properties = new AdditionalPropertiesDictionary();
        if (id is not null)
        {
            properties[IdProperty] = id;
        }

        if (Name is not null)
        {
            properties[NameProperty] = Name;
        }

        if (Details is { ValueKind: JsonValueKind.Object } details)
        {
            foreach (var detail in details.EnumerateObject())
            {
                properties[detail.Name] = detail.Value.ValueKind switch
                {
                    JsonValueKind.String => detail.Value.GetString(),
                    JsonValueKind.True or JsonValueKind.False => detail.Value.GetBoolean(),
                    _ => detail.Value,
                };
            }
        }

        return properties.Count == 0 ? null : properties;
    }

    /// <summary>Whether two say the same.</summary>
    public bool IsSame(ProviderData other) => Name == other.Name
        && (Details is { } mine && other.Details is { } its ? JsonElement.DeepEquals(mine, its) : Details is null && other.Details is null);
}
