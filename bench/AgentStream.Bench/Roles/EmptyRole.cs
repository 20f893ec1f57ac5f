namespace AgentStream.Bench.Roles;

/// <summary>An ASP.NET Core program that does nothing: what any start costs.</summary>
internal static class EmptyRole
{
    public static Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        var app = builder.Build();
        app.MapPost("/chat", () => "data: hello\n\n");
        return app.RunAsync();
    }
}
