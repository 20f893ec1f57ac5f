namespace AgentStream.Bench.Roles;

/// <summary>An Orleans silo in an ASP.NET Core program that does nothing but call a grain: what any start costs.</summary>
internal static class EmptyRole
{
    public static Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Logging.AddFilter("Orleans", LogLevel.Error);
        builder.UseOrleans(silo => silo.UseLocalhostClustering());
        var app = builder.Build();
        app.MapPost("/chat", async (IGrainFactory grains) => $"data: {await grains.GetGrain<IEmptyGrain>("empty").HelloAsync()}\n\n");
        return app.RunAsync();
    }
}

/// <summary>A grain that says hello.</summary>
[Alias("AgentStream.Bench.IEmptyGrain")]
public interface IEmptyGrain : IGrainWithStringKey
{
    /// <summary>Says hello.</summary>
    [Alias("HelloAsync")]
    Task<string> HelloAsync();
}

/// <inheritdoc cref="IEmptyGrain"/>
public sealed class EmptyGrain : Grain, IEmptyGrain
{
    /// <inheritdoc/>
    public Task<string> HelloAsync() => Task.FromResult("hello");
}
