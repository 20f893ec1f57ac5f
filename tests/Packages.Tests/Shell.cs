using System.Diagnostics;

namespace AgentStream.Packages.Tests;

/// <summary>Runs commands as a user types them into a terminal.</summary>
internal static class Shell
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>Runs commands, one a line, until one of them fails.</summary>
    /// <param name="folder">Where they run.</param>
    /// <param name="commands">The commands.</param>
    /// <returns>What they wrote.</returns>
    /// <exception cref="InvalidOperationException">One failed, or they took too long.</exception>
    public static async Task<string> RunAsync(string folder, string commands)
    {
        // Into a file: a compiler that stays to serve the next build would hold a pipe open.
        var log = Path.Combine(folder, $"{Guid.NewGuid():N}.log");
        using var process = Process.Start(Start(folder, $"exec > '{log}' 2>&1\n{commands}"))!;
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"After {Patience} there was no end of\n{commands}\n{await File.ReadAllTextAsync(log)}");
        }

        var output = await File.ReadAllTextAsync(log);
        File.Delete(log);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{process.ExitCode} is the exit code of\n{commands}\n{output}");
    }

    /// <summary>How a process of a shell starts that knows nothing of the build that these tests run in.</summary>
    public static ProcessStartInfo Start(string folder, string commands)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-e", "-c", commands]) { WorkingDirectory = folder };
        foreach (var name in start.Environment.Keys.Where(IsOfTheBuild).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";

        // The list of known weaknesses is a download, and no part of what is tested.
        start.Environment["NuGetAudit"] = "false";
        return start;
    }

    private static bool IsOfTheBuild(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name is "NUGET_PACKAGES" or "VSTEST_CONNECTION_TIMEOUT" or "ASPNETCORE_URLS" or "DOTNET_ENVIRONMENT" or "ASPNETCORE_ENVIRONMENT";
}
