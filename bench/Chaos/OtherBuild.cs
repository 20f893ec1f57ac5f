using System.Diagnostics;

namespace AgentStream.Chaos;

/// <summary>This program as the silos run it: itself, or, for the other engine, a build of its own.</summary>
internal static class OtherBuild
{
    /// <summary>Finds the program, building it first if need be.</summary>
    /// <returns>The assembly; null when it cannot be built, which has been said.</returns>
    public static async Task<string?> FindAsync(string engine, string ownEngine, string project, string configuration)
    {
        if (engine == ownEngine)
        {
            return typeof(OtherBuild).Assembly.Location;
        }

        using var build = Process.Start(new ProcessStartInfo(
            "dotnet", ["build", project, "-c", configuration, $"-p:Engine={engine}", "--nologo", "-v:quiet", "-getProperty:TargetPath", "-t:Restore;Build"])
        { RedirectStandardOutput = true })!;
        var output = await build.StandardOutput.ReadToEndAsync();
        await build.WaitForExitAsync();
        if (build.ExitCode == 0)
        {
            return output.Trim();
        }

        await Console.Error.WriteLineAsync($"The silos cannot be built with the engine {engine}: {output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal)) ?? output}");
        return null;
    }
}
