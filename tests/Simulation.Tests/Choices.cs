using System.Globalization;

namespace AgentStream.Simulation.Tests;

/// <summary>What may happen next in a world, each with a weight, and the choice among it.</summary>
internal sealed class Choices(World world, Deeds deeds, Random random)
{
    private const int MostPrompts = 4;
    private const int MostSilos = 4;

    private readonly List<(int Weight, string What, Func<Task> Do)> _choices = [];
    private int _prompts;

    /// <summary>Chooses one of the things that may happen now.</summary>
    public (string What, Func<Task> Do) Next()
    {
        _choices.Clear();
        AddCommands();
        AddSilos();
        AddClients();
        var at = random.Next(_choices.Sum(choice => choice.Weight));
        var (_, what, act) = _choices.First(choice => (at -= choice.Weight) < 0);
        return (what, act);
    }

    /// <summary>Asks something in each session.</summary>
    public void PromptAll(Silo silo)
    {
        foreach (var key in world.Sessions)
        {
            silo.Prompt(key, NextPrompt());
        }
    }

    private string NextPrompt() => string.Create(CultureInfo.InvariantCulture, $"p{++_prompts}");

    private void AddCommands()
    {
        foreach (var command in world.Network.Pending)
        {
            var hears = command.Sender?.IsPaused != true;
            if (!command.IsDone)
            {
                Add(hears ? 40 : 4, $"{command}", () => deeds.CarryOutAsync(command, hears ? 0 : 1));
                Add(4, $"{command} (answer on its way)", () => deeds.CarryOutAsync(command, 1));
                Add(2, $"{command} (answer lost)", () => deeds.CarryOutAsync(command, 2), hears);
                Add(1, $"{command} (lost)", () => deeds.Lose(command, isStray: false), hears);
                Add(1, $"{command} (lost, and perhaps late)", () => deeds.Lose(command, isStray: true), hears);
            }
            else if (hears)
            {
                Add(20, $"{command}: the answer arrives", () => deeds.Reply(command));
                Add(2, $"{command}: the answer is lost", () => deeds.Lose(command, isStray: false));
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
            Add(15, $"{turn}", () => deeds.Decide(turn, turn.Said == 0 ? ModelTurn.Say : random.Next(5) switch
            {
                0 => ModelTurn.Say,
                1 when turn.Results < 2 => ModelTurn.Call,
                2 when turn.Results < 3 => random.Next(2) == 0 ? ModelTurn.CallBoth : ModelTurn.CallGated,
                _ => ModelTurn.End,
            }), turn.Silo.IsAwake);
        }

        foreach (var run in world.Notices)
        {
            var silo = world.Silos.Find(silo => silo.Id == run.SiloId)!;
            Add(6, $"{silo.Name} hears that {world.Book.Name(run)} is canceled", () => deeds.Tell(silo, run), silo.IsAwake);
            Add(2, $"{silo.Name} does not hear that {world.Book.Name(run)} is canceled", () => world.Notices.Remove(run));
        }

        foreach (var silo in world.Silos.Where(silo => !silo.IsDead))
        {
            Add(6, $"{silo.Name}'s lease runs out", () => world.ExpireLeaseAsync(silo), world.Book.HasLease(silo.Id) && (!silo.IsAwake || random.Next(4) == 0));
            Add(4, $"{silo.Name} dies", () => deeds.Kill(silo), alive > 1 && random.Next(4) == 0);
            Add(1, $"{silo.Name} is told to stop", silo.Stop, silo.IsAwake && !silo.IsStopping && alive > 1);
            Add(8, $"{silo.Name} has stopped", () => silo.IsDead = true, deeds.HasStopped(silo));
            Add(4, $"{silo.Name} continues", () => silo.IsPaused = false, silo.IsPaused);
            Add(3, $"{silo.Name} pauses", () => silo.IsPaused = true, silo.IsAwake);
            Add(1, $"{silo.Name}'s clock jumps", () => silo.Clock.Jump(TimeSpan.FromHours(random.Next(-48, 48))), silo.IsAwake);
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
                var silo = awake[random.Next(awake.Count)];
                Add(10, $"{silo.Name} is asked in {key.Session}: p{_prompts + 1}", () => silo.Prompt(key, NextPrompt()));
            }

            if (awake.Count > 0)
            {
                AddAnswers(key, awake[random.Next(awake.Count)]);
            }

            Add(2, $"a client cancels {key.Session}", () => world.Do("client", () => new SiloStore(world, null).CancelAsync(key)));
            Add(1, $"a Python client cancels {key.Session}", () => world.CancelFromPythonAsync(key));
            Add(1, $"what has ended in {key.Session} expires", () => world.ExpireAsync(key));
        }

        foreach (var reader in world.Readers)
        {
            Add(5, $"{reader} reads", () => reader.ReadAsync(random.Next(1, 9)));
        }

        Add(2, "a client asks what is live", () => world.Do("client", () => new SiloStore(world, null).GetLiveSessionsAsync(new(1, 1))));
    }

    private void AddAnswers(SessionKey key, Silo silo)
    {
        var session = world.Book.Of(key);
        foreach (var request in session.Asked)
        {
            var answer = random.Next(6) switch
            {
                < 3 => new ApprovalAnswer(request.RequestId, true),
                3 => new ApprovalAnswer(request.RequestId, true, Arguments: $$"""{"id":"{{request.ToolCallId}}","{{GatedTool.Edit}}":"{{silo.Name}}"}"""),
                _ => new ApprovalAnswer(request.RequestId, false),
            };
            Add(session.Open.Contains(request) ? 8 : 1, $"{silo.Name} is told of {request.ToolCallId}: {answer.IsApproved} {answer.Arguments}", () => silo.Answer(key, answer));
        }

        Add(1, $"{silo.Name} is to delete {key.Session}", () => silo.Delete(key), session.Asked.Count > 0);
    }

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
}
