using System.Reflection;
using System.Reflection.PortableExecutable;

namespace AgentStream.System.Tests;

/// <summary>How the silo is built.</summary>
public sealed class AheadOfTimeTests
{
    [Theory]
    [InlineData("AgentStream.Silo.dll")]
    [InlineData("AgentStream.Grains.dll")]
    [InlineData("Orleans.Runtime.dll")]
    [InlineData("SQLitePCLRaw.core.dll")]
    public void A_release_is_compiled_ahead_of_time_and_no_other_build(string assembly)
    {
        var configuration = typeof(AheadOfTimeTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        using var file = File.OpenRead(Path.Combine(Path.GetDirectoryName(ProgramProcess.PathOf("SiloProgram"))!, assembly));
        using var reader = new PEReader(file);
        Assert.Equal(configuration == "Release", reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0);
    }
}
