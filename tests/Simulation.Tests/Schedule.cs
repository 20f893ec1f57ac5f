namespace AgentStream.Simulation.Tests;

/// <summary>
/// What time and chance do to a world, decided by a seed: first anything, for a while, then nothing bad any more, until all is quiet. Then everything that was
/// accepted must have come to its end.
/// </summary>
internal sealed class Schedule
{
    // Long enough for a run to be recovered twice and ended.
    private const int Steps = 70;

    // Far more than a healthy world needs to come to rest.
    private const int MostRounds = 200;

    private readonly World _world;
    private readonly Random _random;
    private readonly Deeds _deeds;
    private readonly Choices _choices;
    private readonly List<string> _trace = [];

    public Schedule(World world, int seed)
    {
        _world = world;
        _random = new(seed);
        _deeds = new(world, _random);
        _choices = new(world, _deeds, _random);
    }

    /// <summary>What was done, a line for each step.</summary>
    public IReadOnlyList<string> Trace => _trace;

    /// <summary>Goes through the schedule; stops where an invariant breaks.</summary>
    public async Task RunAsync()
    {
        var silos = _random.Next(2, 4);
        for (var i = 0; i < silos; i++)
        {
            _world.AddSilo();
        }

        _world.Readers.AddRange(_world.Sessions.Select((key, i) => new Reader(_world, key, i)));
        foreach (var silo in _world.Silos)
        {
            silo.Renew();
        }

        // By chance alone, hardly any schedule would get to the answers.
        if (_random.Next(6) == 0)
        {
            await AskAsync();
        }

        for (var i = 0; i < Steps && _world.Book.Violation is null; i++)
        {
            await StepAsync();
        }

        await HealAsync();
        await RestAsync(_ => ModelTurn.End);

        if (_world.Book.Violation is null)
        {
            await ReadToTheEndAsync();
            await _world.CompareAsync();
        }
    }

    /// <summary>In each session a run comes to where it waits for somebody, and nothing bad happens on the way.</summary>
    private async Task AskAsync()
    {
        _trace.Add("somebody is asked in each session");
        _choices.PromptAll(_world.Silos[0]);
        _world.Pump.Drain();
        await RestAsync(_ => _random.Next(2) == 0 ? ModelTurn.CallBoth : ModelTurn.CallGated);
    }

    /// <summary>Lets everything come to rest.</summary>
    /// <param name="decide">What a model does that has said something.</param>
    private async Task RestAsync(Func<ModelTurn, int> decide)
    {
        for (var round = 0; _world.Book.Violation is null && !await IsQuietAsync(decide); round++)
        {
            if (round == MostRounds)
            {
                _world.Book.Fail("4: it does not come to rest: " + Restlessness());
            }
        }
    }

    private async Task StepAsync()
    {
        var (what, act) = _choices.Next();
        _trace.Add(what);
        await act();
        _world.Pump.Drain();
    }

    /// <summary>From here on nothing bad happens any more.</summary>
    private async Task HealAsync()
    {
        _trace.Add("all goes well from here on");
        if (_world.Silos.TrueForAll(silo => silo.IsDead || silo.IsStopping))
        {
            _world.AddSilo();
        }

        foreach (var silo in _world.Silos)
        {
            silo.IsPaused = false;
            if (silo.IsDead)
            {
                await _world.ExpireLeaseAsync(silo);
            }
            else
            {
                silo.Renew();
            }
        }

        // What was late and still arrives arrives in the course of the next steps.
        _world.Network.Stray.RemoveAll(_ => _random.Next(2) == 0);
        _world.Pump.Drain();
    }

    /// <summary>Lets everything that waits continue once.</summary>
    /// <param name="decide">What a model does that has said something.</param>
    /// <returns>Whether nothing waits, and nobody has anything left to do.</returns>
    private async Task<bool> IsQuietAsync(Func<ModelTurn, int> decide)
    {
        var isQuiet = _world.Network.Pending.Count == 0 && _world.Network.Stray.Count == 0 && _world.Turns.Count == 0
            && _world.Silos.TrueForAll(silo => silo.IsDead || (silo.IsIdle && !silo.Clock.HasPause))
            && _world.Book.Sessions.All(session => session.Owner is null);
        if (isQuiet)
        {
            return true;
        }

        _world.Network.DropOld();
        if (_world.Network.Stray is [var late, ..] && _random.Next(2) == 0)
        {
            _trace.Add($"{late}, late");
            _world.Network.Stray.Remove(late);
            await late.CarryOutAsync();
        }

        foreach (var stopped in _world.Silos.Where(_deeds.HasStopped))
        {
            _trace.Add($"{stopped.Name} has stopped");
            stopped.IsDead = true;
        }

        // A late command may bring a lease back.
        foreach (var dead in _world.Silos.Where(silo => silo.IsDead && _world.Book.HasLease(silo.Id)))
        {
            await _world.ExpireLeaseAsync(dead);
        }

        foreach (var command in _world.Network.Pending.ToArray())
        {
            _trace.Add($"{command}");
            if (!command.IsDone)
            {
                await command.CarryOutAsync();
            }

            _deeds.Reply(command);
            _world.Pump.Drain();
        }

        foreach (var turn in _world.Turns.ToArray())
        {
            _trace.Add($"{turn}");
            _deeds.Decide(turn, turn.Said == 0 ? ModelTurn.Say : decide(turn));
            _world.Pump.Drain();
        }

        foreach (var silo in _world.Silos.Where(silo => !silo.IsDead))
        {
            if (silo.Clock.HasPause)
            {
                _trace.Add($"{silo.Name} has waited");
                _world.Pump.Post(silo.Clock.EndPause);
            }

            if (!silo.IsStopping && _world.Book.Sessions.Any(session => session.Owner is not null))
            {
                silo.Look();
            }

            silo.Check();
            _world.Pump.Drain();
        }

        return false;
    }

    private async Task ReadToTheEndAsync()
    {
        foreach (var reader in _world.Readers)
        {
            while (_world.Book.Violation is null && await reader.ReadAsync(64))
            {
            }
        }

        if (_world.Book.Violation is not null)
        {
            return;
        }

        _world.Do("client", () => new SiloStore(_world, null).GetLiveSessionsAsync(new(1, 1)));
        _world.Pump.Drain();
        await _deeds.CarryOutAsync(_world.Network.Pending.Single(), 0);
        _world.Pump.Drain();
    }

    private string Restlessness() => string.Join(
        "; ",
        _world.Network.Pending.Select(command => $"{command} is under way")
            .Concat(_world.Turns.Select(turn => $"{turn}"))
            .Concat(_world.Silos.Where(silo => !silo.IsDead && !silo.IsIdle).Select(silo => $"{silo.Name} has runs or looks for some"))
            .Concat(_world.Book.Sessions.Where(session => session.Owner is not null).Select(session => $"{_world.Book.Name(session.Owner!)} has not ended")));
}
