using AgentStream.Storage.Ownership;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentStream.Storage.Tests.Ownership;

public sealed class RunRegistryTests
{
    private static readonly RunToken Run = new(new(1, 2, "s"), "silo", "run");

    private readonly RunRegistry _runs = new(NullLogger<RunRegistry>.Instance);

    [Fact]
    public void A_run_hears_each_change_once_and_never_back()
    {
        var heard = new List<RunStatus>();
        using var registration = _runs.Register(Run, heard.Add);

        foreach (var status in (RunStatus[])[RunStatus.Live, RunStatus.Canceled, RunStatus.Canceled, RunStatus.Live, RunStatus.Lost, RunStatus.Canceled])
        {
            _runs.Tell(Run, status);
        }

        Assert.Equal([RunStatus.Canceled, RunStatus.Lost], heard);
    }

    [Fact]
    public void A_run_that_has_left_hears_nothing()
    {
        var heard = new List<RunStatus>();
        var registration = _runs.Register(Run, heard.Add);
        Assert.Equal(1, _runs.Count);
        registration.Dispose();
        registration.Dispose();

        _runs.Tell(Run, RunStatus.Canceled);

        Assert.Empty(heard);
        Assert.Equal(0, _runs.Count);
    }

    [Fact]
    public void A_run_is_registered_once()
    {
        using var registration = _runs.Register(Run, _ => { });

        Assert.Throws<InvalidOperationException>(() => _runs.Register(Run, _ => { }));
    }

    [Fact]
    public void A_callback_that_throws_does_no_harm_to_others()
    {
        var heard = new List<RunStatus>();
        var other = Run with { RunId = "other" };
        using var one = _runs.Register(Run, _ => throw new InvalidOperationException());
        using var two = _runs.Register(other, heard.Add);

        _runs.Tell(Run, RunStatus.Lost);
        _runs.Tell(other, RunStatus.Lost);

        Assert.Equal([RunStatus.Lost], heard);
    }
}
