using System.Reflection;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Redis;

namespace AgentStream.Simulation.Tests;

/// <summary>A fault that is put into the protocol, to see that the simulation finds it: a script with another text, a writer that numbers differently, or a reader that overlooks something.</summary>
/// <param name="Name">What is wrong, for the test's name.</param>
internal sealed record Mutant(string Name)
{
    private int _numbers;

    /// <summary>The protocol as it is.</summary>
    public static Mutant None { get; } = new("none");

    /// <summary>Whose script it is.</summary>
    public Type Holder { get; init; } = typeof(RedisStreamStore);

    /// <summary>The field that holds the script; null for no change of one.</summary>
    public string? Script { get; init; }

    /// <summary>A piece of the script's text.</summary>
    public string From { get; init; } = "";

    /// <summary>What stands there instead.</summary>
    public string To { get; init; } = "";

    /// <summary>Whether a retry of an append gets a number of its own.</summary>
    public bool NumbersRetries { get; init; }

    /// <summary>The schedule with which the search begins: one that is known to find the fault. Where it does not any more, the search goes through all others.</summary>
    public int FirstSeed { get; init; } = 1;

    /// <summary>What a record of the journal is taken for.</summary>
    public Func<JournalRecord, JournalRecord> Reads { get; init; } = record => record;

    /// <summary>A record that says nothing, in the place of one that is overlooked.</summary>
    public static JournalRecord Nothing(JournalRecord overlooked) => new RuleRevokedRecord("") { Timestamp = overlooked.Timestamp };

    /// <summary>The number under which an append is sent.</summary>
    public long NumberOf(long number) => NumbersRetries ? number + (1000L * Interlocked.Increment(ref _numbers)) : number;

    /// <summary>Puts the script's other text in its place, for this process.</summary>
    /// <returns>Puts the real one back when disposed.</returns>
    public IDisposable Plant()
    {
        if (Script is null)
        {
            return new Planted(null, null);
        }

        var field = Holder.GetField(Script, BindingFlags.Static | BindingFlags.NonPublic)
            ?? throw new InvalidOperationException($"{Holder.Name} has no script {Script}.");
        var script = (RedisScript)field.GetValue(null)!;
        if (!script.Text.Contains(From, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{Script} has no '{From}' to replace.");
        }

        var planted = new Planted(script, new RedisScript(script.Text));
        Planted.Write(script, new RedisScript(script.Text.Replace(From, To, StringComparison.Ordinal)));
        return planted;
    }

    public override string ToString() => Name;

    private sealed class Planted(RedisScript? script, RedisScript? original) : IDisposable
    {
        /// <summary>The scripts are read once in a process, so what they say is changed and not which they are.</summary>
        public static void Write(RedisScript script, RedisScript other)
        {
            foreach (var field in typeof(RedisScript).GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
            {
                field.SetValue(script, field.GetValue(other));
            }
        }

        public void Dispose()
        {
            if (script is not null)
            {
                Write(script, original!);
            }
        }
    }
}
