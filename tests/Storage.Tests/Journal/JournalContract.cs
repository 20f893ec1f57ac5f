using System.Globalization;
using AgentStream.Messages;
using AgentStream.Storage.Journal;
using AgentStream.Storage.Testing;

namespace AgentStream.Storage.Tests.Journal;

/// <summary>What our journals promise: what every journal owes, and that they say it alike.</summary>
public abstract class JournalContract : SessionJournalContract
{
    protected override bool KnowsSizes => true;

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task The_refusal_of_a_writer_names_the_session_the_run_and_both_versions(long expected)
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1"), Samples.Said("2")]);
        var error = await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, expected, [Samples.Said("x")]).AsTask());
        Assert.Equal($"The journal of session {run.Key} has version 2, but run {run.RunId} expected {expected}.", error.Message);
    }

    [Fact]
    public async Task What_an_import_replaces_is_dropped_and_one_that_counts_wrong_is_refused()
    {
        var run = await StartRunAsync(Samples.NewSession());
        await Journal.AppendAsync(run, 0, [Samples.Said("1")]);
        await Assert.ThrowsAsync<ArgumentException>(() => Journal.AppendAsync(run, 1, [Imported(2)]).AsTask());
        await Journal.AppendAsync(run, 1, [Imported(1)]);
        Assert.IsType<ImportedRecord>(Assert.Single(await Journal.ReadAsync(run.Key, 0)));
    }

    [Theory]
    [InlineData(70_000)]
    [InlineData(5_000_000)]
    public async Task A_large_import_is_kept_whole_and_once(int length)
    {
        var run = await StartRunAsync(Samples.NewSession());
        var text = string.Concat(Enumerable.Range(0, length / 10).Select(number => number.ToString("0000000000", CultureInfo.InvariantCulture)));
        JournalRecord[] records = [Imported(0, text) with { Size = length }, Samples.Said("2")];
        await Journal.AppendAsync(run, 0, records);
        if (KnowsRepeatedAppends)
        {
            await Journal.AppendAsync(run, 0, records);
        }

        var read = await Journal.ReadAsync(run.Key, 0);
        Assert.Equal(text, ModelMessages.GetUserPrompt(Assert.IsType<ImportedRecord>(read[0]).Messages));
        Assert.Equal(["2"], Said(read.Skip(1)));
        Assert.Equal(BytesOf(read), (await Journal.GetUsageAsync(run.Key.UserKey))!.Bytes.User);
    }

    internal static IEnumerable<string> SaidIn(IEnumerable<JournalRecord> records) => Said(records);
}
