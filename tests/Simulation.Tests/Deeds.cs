using AgentStream.Storage;

namespace AgentStream.Simulation.Tests;

/// <summary>What a schedule does to a world, once it has chosen.</summary>
internal sealed class Deeds(World world, Random random)
{
    /// <param name="command">The command.</param>
    /// <param name="answer">What becomes of its answer: 0 it arrives, 1 it is on its way, 2 it is lost.</param>
    public async Task CarryOutAsync(Command command, int answer)
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

    public void Reply(Command command)
    {
        world.Network.Pending.Remove(command);
        world.Pump.Post(command.Reply);
    }

    public void Lose(Command command, bool isStray)
    {
        world.Book.Count("lost commands or answers");
        world.Network.Pending.Remove(command);
        if (isStray)
        {
            world.Network.Stray.Add(command);
        }

        world.Pump.Post(command.Lose);
    }

    public void Decide(ModelTurn turn, int decision)
    {
        world.Turns.Remove(turn);
        world.Pump.Post(() => turn.Decide(decision));
    }

    public void Tell(Silo silo, RunToken run)
    {
        world.Notices.Remove(run);
        silo.Hear(run);
    }

    /// <summary>A silo dies. What it had sent may reach Redis yet.</summary>
    public void Kill(Silo silo)
    {
        world.Book.Count("deaths");
        silo.IsDead = true;
        world.Turns.RemoveAll(turn => turn.Silo == silo);
        world.Notices.RemoveAll(run => run.SiloId == silo.Id);
        foreach (var command in world.Network.Pending.Where(command => command.Sender == silo).ToList())
        {
            world.Network.Pending.Remove(command);
            if (!command.IsDone && random.Next(2) == 0)
            {
                world.Network.Stray.Add(command);
            }
        }
    }

    public bool HasStopped(Silo silo) =>
        silo.IsAwake && silo.IsStopping && silo.IsIdle && world.Network.Pending.TrueForAll(command => command.Sender != silo);
}
