namespace MyAgent;

/// <summary>Stands in for your database: a scoped service, as a DbContext is one.</summary>
public sealed class Orders
{
    private readonly Dictionary<int, string> _states = new()
    {
        [7] = "was sent on Monday",
        [8] = "is being packed",
    };

    public Task<string?> FindStateAsync(int number, CancellationToken cancellationToken) => Task.FromResult(_states.GetValueOrDefault(number));
}
