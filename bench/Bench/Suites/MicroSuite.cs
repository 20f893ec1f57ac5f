using AgentStream.Bench.Micro;
using AgentStream.Bench.Stages;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace AgentStream.Bench.Suites;

/// <summary>Hot pieces by themselves: time and allocations of one operation.</summary>
internal static class MicroSuite
{
    public static Task RunAsync(Stage stage)
    {
        // In this process: each benchmark built as a program of its own takes minutes.
        var job = (stage.IsShort ? Job.Dry : Job.ShortRun).WithToolchain(InProcessEmitToolchain.Instance);
        var config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddLogger(NullLogger.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "agentstream-bench"));
        foreach (var summary in (BenchmarkDotNet.Reports.Summary[])[.. new[] { typeof(Writing), typeof(FanningOut), typeof(Calling) }.Select(type => BenchmarkRunner.Run(type, config))])
        {
            foreach (var report in summary.Reports)
            {
                var name = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
                var result = report.ResultStatistics ?? throw new InvalidOperationException($"'{name}' did not run.");
                stage.Report.Add(new("micro", name, new("ns", [result.Median, result.Min, result.Max])));
                stage.Report.Add(new("micro", $"{name}: allocated", new("bytes", [report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0])));
            }
        }

        return Task.CompletedTask;
    }
}
