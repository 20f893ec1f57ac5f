using System.Globalization;

namespace AgentStream.Chaos;

/// <summary>What the command line says.</summary>
/// <param name="Duration">How long there are faults and new runs; then the runs under way may end.</param>
/// <param name="Runs">How many runs are under way at a time.</param>
/// <param name="Silos">How many silos there are.</param>
/// <param name="Seed">Of the faults and of what runs say; not of who comes first.</param>
/// <param name="Faults">The kinds of faults.</param>
internal sealed record Settings(TimeSpan Duration, int Runs, int Silos, int Seed, IReadOnlyList<string> Faults)
{
    /// <summary>The exit code of a silo that found that the others had declared it dead (it was paused, or busy for too long): it ends itself, also while it stops.</summary>
    public const int DeclaredDead = 134;

    public const string Usage =
        """
        dotnet run --project tests/Chaos -c Release -- [--duration 2m] [--runs 300] [--silos 3] [--seed n] [--faults kill,stop,pause,redis]
        """;

    public static readonly IReadOnlyList<string> AllFaults = ["kill", "stop", "pause", "redis"];

    /// <summary>Reads the arguments.</summary>
    /// <param name="args">Pairs of a name and a value.</param>
    /// <exception cref="FormatException">They break a rule; the message says which.</exception>
    public static Settings Read(string[] args)
    {
        var settings = new Settings(TimeSpan.FromMinutes(2), 300, 3, Random.Shared.Next(100_000), AllFaults);
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{args[i]} needs a value");
            settings = args[i] switch
            {
                "--duration" => settings with { Duration = Time(value) },
                "--runs" => settings with { Runs = Number(args[i], value, 1, 10_000) },
                "--silos" => settings with { Silos = Number(args[i], value, 2, 9) },
                "--seed" => settings with { Seed = Number(args[i], value, 0, int.MaxValue) },
                "--faults" => settings with
                {
                    Faults = value.Split(',') is var kinds && kinds.All(AllFaults.Contains)
                        ? kinds
                        : throw new FormatException($"--faults must be some of {string.Join(',', AllFaults)}, not {value}"),
                },
                _ => throw new FormatException($"there is no {args[i]}"),
            };
        }

        return settings;
    }

    private static TimeSpan Time(string text) =>
        text.Length > 1 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 100_000
            ? text[^1] switch
            {
                's' => TimeSpan.FromSeconds(number),
                'm' => TimeSpan.FromMinutes(number),
                'h' => TimeSpan.FromHours(number),
                _ => throw Wrong(text),
            }
            : throw Wrong(text);

    private static FormatException Wrong(string text) => new($"--duration must be a number with s, m or h behind it, not {text}");

    private static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"{name} must be a number from {least} to {most}, not {text}");
}
