using Orleans.Dashboard;
using Orleans.Serialization.Configuration;

namespace AgentStream.Silo;

/// <summary>Orleans' dashboard, when it is asked for: for whoever works on this machine, since it shows all users' sessions by their keys and knows no users itself.</summary>
internal static class Dashboard
{
    /// <summary>The setting.</summary>
    public const string Setting = "AgentStream:Dashboard";

    /// <summary>Where it is.</summary>
    public const string Path = "/dashboard";

    private const string Why = "The dashboard is for requests from this machine alone, and by no proxy (docs/operations.md).";

    /// <summary>Has the silo collect what the dashboard shows. Otherwise it does not know the dashboard's grains: Orleans finds them by itself, and would place those of other silos here.</summary>
    public static WebApplicationBuilder AddConfiguredDashboard(this WebApplicationBuilder builder)
    {
        if (IsOn(builder.Configuration))
        {
            // The log stays the console's: it has more than whoever sees the dashboard may know.
            builder.UseOrleans(silo => silo.AddDashboard(dashboard => dashboard.HideTrace = true));
        }
        else
        {
            builder.Services.PostConfigure<TypeManifestOptions>(types =>
            {
                types.Interfaces.RemoveWhere(IsOfDashboard);
                types.InterfaceImplementations.RemoveWhere(IsOfDashboard);
            });
        }

        return builder;
    }

    /// <summary>Maps it.</summary>
    public static void MapConfiguredDashboard(this WebApplication app)
    {
        if (IsOn(app.Configuration))
        {
            app.MapOrleansDashboard(Path).AddEndpointFilter(async (context, next) =>
                ThisMachine.Sent(context.HttpContext) && !IsOfAnotherSite(context.HttpContext.Request) ? await next(context) : TypedResults.Problem(Why, statusCode: StatusCodes.Status403Forbidden));
        }
    }

    private static bool IsOn(IConfiguration configuration) => configuration.GetValue<bool>(Setting);

    private static bool IsOfDashboard(Type type) => type.Assembly.GetName().Name?.StartsWith("Orleans.Dashboard", StringComparison.Ordinal) == true;

    // A browser on this machine brings requests of any page that is open there.
    private static bool IsOfAnotherSite(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none");
}
