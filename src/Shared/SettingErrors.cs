using System.Globalization;

namespace AgentStream;

/// <summary>A sentence for each setting that breaks its rule: it names the setting, the rule and the value.</summary>
internal sealed class SettingErrors(string section)
{
    private readonly List<string> _errors = [];

    public IReadOnlyList<string> All => _errors;

    public void NotEmpty(string name, string value)
    {
        if (string.IsNullOrEmpty(value))
        {
            Add(name, "must not be empty", value);
        }
    }

    public void Within(string name, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
        {
            Add(name, $"must be from {least:c} to {most:c}", value);
        }
    }

    public void Add(string name, string rule, object? value) => Add(string.Create(CultureInfo.InvariantCulture, $"{section}:{name} {rule}, but is '{value}'."));

    public void Add(string sentence) => _errors.Add(sentence);
}
