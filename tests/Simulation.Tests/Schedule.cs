using System.Globalization;
using AgentStream.Storage;

namespace AgentStream.Simulation.Tests;

/// <summary>
/// What time and chance do to a world, decided by a seed: first anything, for a while, then nothing bad any more, until all is quiet. Then everything that was
/// accepted must have come to its end.
/// </summary>
internal sealed class Schedule(World world, int seed)
{
    // Long enough for a run to be recovered twice and ended.
    private const int Steps = 70;

    // Far more than a healthy world needs to come to rest.
    private const int MostRounds = 200;
    private const int MostPrompts = 4;
    private const int MostSilos = 4;

    private readonly Random _random = new(seed);
    private readonly List<(int Weight, string What, Func<Task> Do)> _choices = [];
    private readonly List<string> _trace = [];
    private int _prompts;

    /// <summary>What was done, a line for each step.</summary>
    public IReadOnlyList<string> Trace => _trace;

    /// <summary>Goes through the schedule; stops where an invariant breaks.</summary>
    public async Task RunAsync()
    {
        var silos = _random.Next(2, 4);
        for (var i = 0; i < silos; i++)
        {
            world.AddSilo();
        }

        world.Readers.AddRange(world.Sessions.Select((key, i) => new Reader(world, key, i)));
        foreach (var silo in world.Silos)
        {
            silo.Renew();
        }

        for (var i = 0; i < Steps && world.Book.Violation is null; i++)
        {
            await StepAsync();
        }

        await HealAsync();
        for (var round = 0; world.Book.Violation is null && !await IsQuietAsync(); round++)
        {
            if (round == MostRounds)
            {
                world.Book.Fail("4: it does not come to rest: " + Restlessness());
            }
        }

        if (world.Book.Violation is null)
        {
            await ReadToTheEndAsync();
            await world.CompareAsync();
        }
    }

    private async Task StepAsync()
    {
        _choices.Clear();
        AddCommands();
        AddSilos();
        AddClients();
        var at = _random.Next(_choices.Sum(choice => choice.Weight));
        var (_, what, act) = _choices.First(choice => (at -= choice.Weight) < 0);
        _trace.Add(what);
        await act();
        world.Pump.Drain();
    }

    private void AddCommands()
    {
        foreach (var command in world.Network.Pending)
        {
            var hears = command.Sender?.IsPaused != true;
            if (!command.IsDone)
            {
                Add(hears ? 40 : 4, $"{command}", () => CarryOutAsync(command, hears ? 0 : 1));
                Add(4, $"{command} (answer on its way)", () => CarryOutAsync(command, 1));
                Add(2, $"{command} (answer lost)", () => CarryOutAsync(command, 2), hears);
                Add(1, $"{command} (lost)", () => Lose(command, isStray: false), hears);
                Add(1, $"{command} (lost, and perhaps late)", () => Lose(command, isStray: true), hears);
            }
            else if (hears)
            {
                Add(20, $"{command}: the answer arrives", () => Reply(command));
                Add(2, $"{command}: the answer is lost", () => Lose(command, isStray: false));
            }
        }

        world.Network.DropOld();
        foreach (var command in world.Network.Stray)
        {
            Add(2, $"{command}, late", async () =>
            {
                world.Book.Count("late commands");
                world.Network.Stray.Remove(command);
                await command.CarryOutAsync();
            });
        }
    }

    private void AddSilos()
    {
        var alive = world.Silos.Count(silo => !silo.IsDead);
        foreach (var turn in world.Turns)
        {
            Add(15, $"{turn}", () => Decide(turn, turn.Said == 0 ? ModelTurn.Say : _random.Next(3) switch
            {
                0 => ModelTurn.Say,
                1 when turn.Results < 2 => ModelTurn.Call,
                _ => ModelTurn.End,
            }), turn.Silo.IsAwake);
        }

        foreach (var run in world.Notices)
        {
            var silo = world.Silos.Find(silo => silo.Id == run.SiloId)!;
            Add(6, $"{silo.Name} hears that {world.Book.Name(run)} is canceled", () => Tell(silo, run), silo.IsAwake);
            Add(2, $"{silo.Name} does not hear that {world.Book.Name(run)} is canceled", () => world.Notices.Remove(run));
        }

        foreach (var silo in world.Silos.Where(silo => !silo.IsDead))
        {
            Add(6, $"{silo.Name}'s lease runs out", () => world.ExpireLeaseAsync(silo), world.Book.HasLease(silo.Id) && (!silo.IsAwake || _random.Next(4) == 0));
            Add(4, $"{silo.Name} dies", () => Kill(silo), alive > 1 && _random.Next(4) == 0);
            Add(1, $"{silo.Name} is told to stop", silo.Stop, silo.IsAwake && !silo.IsStopping && alive > 1);
            Add(8, $"{silo.Name} has stopped", () => silo.IsDead = true, HasStopped(silo));
            Add(4, $"{silo.Name} continues", () => silo.IsPaused = false, silo.IsPaused);
            Add(3, $"{silo.Name} pauses", () => silo.IsPaused = true, silo.IsAwake);
            Add(1, $"{silo.Name}'s clock jumps", () => silo.Clock.Jump(TimeSpan.FromHours(_random.Next(-48, 48))), silo.IsAwake);
            Add(12, $"{silo.Name} has waited", () => world.Pump.Post(silo.Clock.EndPause), silo.IsAwake && silo.Clock.HasPause);
            Add(3, $"{silo.Name} renews its lease", silo.Renew, silo.IsAwake);
            Add(6, $"{silo.Name} looks for orphaned runs", silo.Look, silo.IsAwake);
            Add(3, $"{silo.Name} checks its runs", silo.Check, silo.IsAwake);
        }

        foreach (var silo in world.Silos.Where(silo => silo.IsDead && world.Book.HasLease(silo.Id)))
        {
            Add(8, $"dead {silo.Name}'s lease runs out", () => world.ExpireLeaseAsync(silo));
        }

        Add(1, "a silo starts", () => world.AddSilo().Renew(), world.Silos.Count < MostSilos);
    }

    private void AddClients()
    {
        var awake = world.Silos.Where(silo => silo.IsAwake).ToList();
        foreach (var key in world.Sessions)
        {
            if (_prompts < MostPrompts && awake.Count > 0)
            {
                var silo = awake[_random.Next(awake.Count)];
                Add(10, $"{silo.Name} is asked in {key.Session}: p{_prompts + 1}", () => silo.Prompt(key, string.Create(CultureInfo.InvariantCulture, $"p{++_prompts}")));
            }

            Add(2, $"a client cancels {key.Session}", () => world.Do("client", () => new SiloStore(world, null).CancelAsync(key)));
            Add(1, $"a Python client cancels {key.Session}", () => world.CancelFromPythonAsync(key));
            Add(1, $"what has ended in {key.Session} expires", () => world.ExpireAsync(key));
        }

        foreach (var reader in world.Readers)
        {
            Add(5, $"{reader} reads", () => reader.ReadAsync(_random.Next(1, 9)));
        }

        Add(2, "a client asks what is live", () => world.Do("client", () => new SiloStore(world, null).GetLiveSessionsAsync(new(1, 1))));
    }

    /// <summary>From here on nothing bad happens any more.</summary>
    private async Task HealAsync()
    {
        _trace.Add("all goes well from here on");
        if (world.Silos.TrueForAll(silo => silo.IsDead || silo.IsStopping))
        {
            world.AddSilo();
        }

        foreach (var silo in world.Silos)
        {
            silo.IsPaused = false;
            if (silo.IsDead)
            {
                await world.ExpireLeaseAsync(silo);
            }
            else
            {
                silo.Renew();
            }
        }

        // What was late and still arrives arrives in the course of the next steps.
        world.Network.Stray.RemoveAll(_ => _random.Next(2) == 0);
        world.Pump.Drain();
    }

    /// <summary>Lets everything that waits continue once.</summary>
    /// <returns>Whether nothing waits, and nobody has anything left to do.</returns>
    private async Task<bool> IsQuietAsync()
    {
        var isQuiet = world.Network.Pending.Count == 0 && world.Network.Stray.Count == 0 && world.Turns.Count == 0
            && world.Silos.TrueForAll(silo => silo.IsDead || (silo.IsIdle && !silo.Clock.HasPause))
            && world.Book.Sessions.All(session => session.Owner is null);
        if (isQuiet)
        {
            return true;
        }

        world.Network.DropOld();
        if (world.Network.Stray is [var late, ..] && _random.Next(2) == 0)
        {
            _trace.Add($"{late}, late");
            world.Network.Stray.Remove(late);
            await late.CarryOutAsync();
        }

        foreach (var stopped in world.Silos.Where(HasStopped))
        {
            _trace.Add($"{stopped.Name} has stopped");
            stopped.IsDead = true;
        }

        // A late command may bring a lease back.
        foreach (var dead in world.Silos.Where(silo => silo.IsDead && world.Book.HasLease(silo.Id)))
        {
            await world.ExpireLeaseAsync(dead);
        }

        foreach (var command in world.Network.Pending.ToArray())
        {
            _trace.Add($"{command}");
            if (!command.IsDone)
            {
                await command.CarryOutAsync();
            }

            Reply(command);
            world.Pump.Drain();
        }

        foreach (var turn in world.Turns.ToArray())
        {
            _trace.Add($"{turn}");
            Decide(turn, turn.Said == 0 ? ModelTurn.Say : ModelTurn.End);
            world.Pump.Drain();
        }

        foreach (var silo in world.Silos.Where(silo => !silo.IsDead))
        {
            if (silo.Clock.HasPause)
            {
                _trace.Add($"{silo.Name} has waited");
                world.Pump.Post(silo.Clock.EndPause);
            }

            if (!silo.IsStopping && world.Book.Sessions.Any(session => session.Owner is not null))
            {
                silo.Look();
            }

            silo.Check();
            world.Pump.Drain();
        }

        return false;
    }

    private async Task ReadToTheEndAsync()
    {
        foreach (var reader in world.Readers)
        {
            while (world.Book.Violation is null && await reader.ReadAsync(64))
            {
            }
        }

        if (world.Book.Violation is not null)
        {
            return;
        }

        world.Do("client", () => new SiloStore(world, null).GetLiveSessionsAsync(new(1, 1)));
        world.Pump.Drain();
        await CarryOutAsync(world.Network.Pending.Single(), 0);
        world.Pump.Drain();
    }

    private bool HasStopped(Silo silo) =>
        silo.IsAwake && silo.IsStopping && silo.IsIdle && world.Network.Pending.TrueForAll(command => command.Sender != silo);

    private string Restlessness() => string.Join(
        "; ",
        world.Network.Pending.Select(command => $"{command} is under way")
            .Concat(world.Turns.Select(turn => $"{turn}"))
            .Concat(world.Silos.Where(silo => !silo.IsDead && !silo.IsIdle).Select(silo => $"{silo.Name} has runs or looks for some"))
            .Concat(world.Book.Sessions.Where(session => session.Owner is not null).Select(session => $"{world.Book.Name(session.Owner!)} has not ended")));

    private void Add(int weight, string what, Action act, bool isPossible = true) => Add(weight, what, () =>
    {
        act();
        return Task.CompletedTask;
    }, isPossible);

    private void Add(int weight, string what, Func<Task> act, bool isPossible = true)
    {
        if (isPossible)
        {
            _choices.Add((weight, what, act));
        }
    }

    /// <param name="command">The command.</param>
    /// <param name="answer">What becomes of its answer: 0 it arrives, 1 it is on its way, 2 it is lost.</param>
    private async Task CarryOutAsync(Command command, int answer)
    {
        await command.CarryOutAsync();
        if (answer == 0)
        {
            Reply(command);
        }
        else if (answer == 2)
        {
            Lose(command, isStray: false);
        }
    }

    private void Reply(Command command)
    {
        world.Network.Pending.Remove(command);
        world.Pump.Post(command.Reply);
    }

    private void Lose(Command command, bool isStray)
    {
        world.Book.Count("lost commands or answers");
        world.Network.Pending.Remove(command);
        if (isStray)
        {
            world.Network.Stray.Add(command);
        }

        world.Pump.Post(command.Lose);
    }

    private void Decide(ModelTurn turn, int decision)
    {
        world.Turns.Remove(turn);
        world.Pump.Post(() => turn.Decide(decision));
    }

    private void Tell(Silo silo, RunToken run)
    {
        world.Notices.Remove(run);
        silo.Hear(run);
    }

    /// <summary>A silo dies. What it had sent may reach Redis yet.</summary>
    private void Kill(Silo silo)
    {
        world.Book.Count("deaths");
        silo.IsDead = true;
        world.Turns.RemoveAll(turn => turn.Silo == silo);
        world.Notices.RemoveAll(run => run.SiloId == silo.Id);
        foreach (var command in world.Network.Pending.Where(command => command.Sender == silo).ToList())
        {
            world.Network.Pending.Remove(command);
            if (!command.IsDone && _random.Next(2) == 0)
            {
                world.Network.Stray.Add(command);
            }
        }
    }
}
