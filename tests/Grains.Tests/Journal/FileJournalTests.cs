using System.Text;
using System.Text.Json;
using AgentStream.EventLog;
using AgentStream.Grains.Journal;
using AgentStream.Grains.Messages;
using AgentStream.Testing;

namespace AgentStream.Grains.Tests.Journal;

/// <summary>The journal in files keeps the contract, and survives what happens to files.</summary>
public sealed class FileJournalTests : JournalContract, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("agentstream-journal-").FullName;
    private readonly SessionKey _key = TestSilos.NewSession();
    private FileJournal _journal;

    public FileJournalTests() => _journal = new FileJournal(_directory);

    protected override ISessionJournal Journal => _journal;

    private string SessionFile => Path.Combine(_directory, "1", "1", $"0,{_key.Session}.jsonl");

    public void Dispose()
    {
        _journal.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task The_file_has_a_line_of_JSON_for_each_record()
    {
        await AppendAsync(0, Samples.Started(), Samples.Ended());

        // The space says that the append goes on with the next line.
        Assert.Equal(
            """{"type":"run-started","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-1","agent":"assistant"}""" + " \n"
                + """{"type":"run-ended","timestamp":"2026-03-04T05:06:07.891234Z","run_id":"run-1","error":null}""" + "\n",
            await File.ReadAllTextAsync(SessionFile));
    }

    [Theory]
    [InlineData("Ab", "1,ab.jsonl")]
    [InlineData("aB", "2,ab.jsonl")]
    [InlineData("con", "0,con.jsonl")]
    [InlineData("...", "0,....jsonl")]
    public async Task File_names_tell_ids_apart_that_differ_in_case_alone(string id, string name)
    {
        await _journal.AppendAsync(new RunToken(new(7, 8, id), "silo-1", "run"), 0, [Samples.Said("1")]);
        Assert.Equal([Path.Combine(_directory, "7", "8", name)], Directory.GetFiles(Path.Combine(_directory, "7", "8")));
    }

    [Fact]
    public async Task A_line_that_was_half_written_is_cut_off_and_the_rest_is_kept()
    {
        await AppendAsync(0, Samples.Said("1"));
        await AppendAsync(1, Samples.Said("2"));
        Close();
        var whole = await File.ReadAllBytesAsync(SessionFile);
        var line = JournalRecordJson.Write(Samples.Said("3"));
        for (var length = 1; length <= line.Length; length += 17)
        {
            await File.WriteAllBytesAsync(SessionFile, [.. whole, .. line[..length]]);
            _journal = new FileJournal(_directory);

            Assert.Equal(["1", "2"], await SaidAsync(_key));
            Close();
            Assert.Equal(whole, await File.ReadAllBytesAsync(SessionFile));
        }

        _journal = new FileJournal(_directory);
        await AppendAsync(2, Samples.Said("3"));
        Assert.Equal(["1", "2", "3"], await SaidAsync(_key));
    }

    [Fact]
    public async Task An_append_of_which_a_part_was_written_is_cut_off_whole()
    {
        await AppendAsync(0, Samples.Said("1"), Samples.Said("2"));
        var first = new FileInfo(SessionFile).Length;
        await AppendAsync(2, Samples.Said("3"), Samples.Said("4"), Samples.Said("5"));
        Close();
        var all = await File.ReadAllBytesAsync(SessionFile);
        for (var length = all.Length - 1; length >= first; length--)
        {
            await File.WriteAllBytesAsync(SessionFile, all[..length]);
            _journal = new FileJournal(_directory);
            Assert.Equal(["1", "2"], await SaidAsync(_key));
            Close();
        }

        _journal = new FileJournal(_directory);
        await AppendAsync(2, Samples.Said("again"));
        Assert.Equal(["1", "2", "again"], await SaidAsync(_key));
    }

    [Fact]
    public async Task A_file_with_nothing_whole_in_it_is_a_new_session()
    {
        await AppendAsync(0, Samples.Said("1"));
        Close();
        await File.WriteAllTextAsync(SessionFile, "{\"type\":");
        _journal = new FileJournal(_directory);
        Assert.Equal([], await SaidAsync(_key));
        await AppendAsync(0, Samples.Said("new"));
        Assert.Equal(["new"], await SaidAsync(_key));
    }

    [Fact]
    public async Task A_broken_line_in_the_middle_is_an_error_that_names_file_and_line_and_changes_nothing()
    {
        await AppendAsync(0, Samples.Said("1"), Samples.Said("2"), Samples.Said("3"));
        Close();
        var lines = await File.ReadAllLinesAsync(SessionFile);
        lines[1] = "{\"type\":]";
        await File.WriteAllTextAsync(SessionFile, string.Join('\n', lines) + "\n");
        var broken = await File.ReadAllBytesAsync(SessionFile);
        _journal = new FileJournal(_directory);

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => _journal.ReadAsync(_key, 0).AsTask());
        Assert.StartsWith($"Line 2 of '{SessionFile}': This is no record of a journal: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(["3"], await SaidAsync(_key, 2));
        Assert.Equal(broken, await File.ReadAllBytesAsync(SessionFile));
    }

    [Fact]
    public async Task A_directory_serves_one_journal_at_a_time()
    {
        var error = Assert.Throws<IOException>(() => new FileJournal(_directory));
        Assert.Equal(
            $"The journal directory '{_directory}' is in use: it serves one process, so another process needs a directory of its own, or all of them Redis.",
            error.Message);

        await AppendAsync(0, Samples.Said("still works"));
        Close();
        _journal = new FileJournal(_directory);
        Assert.Equal(["still works"], await SaidAsync(_key));
    }

    [Fact]
    public async Task What_was_appended_before_the_journal_was_closed_is_kept_and_a_closed_journal_says_so()
    {
        var appends = Enumerable.Range(0, 100).Select(i => AppendAsync(i, Samples.Said($"{i}"))).ToArray();
        _journal.Dispose();
        await Task.WhenAll(appends).Within();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => AppendAsync(100, Samples.Said("x")));

        _journal = new FileJournal(_directory);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), await SaidAsync(_key));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_fails_the_append_and_no_other_session()
    {
        var other = new RunToken(new(1, 1, "other"), "silo-1", "run");
        await _journal.AppendAsync(other, 0, [Samples.Said("1")]);

        // In the place of the file.
        Directory.CreateDirectory(SessionFile);
        await Assert.ThrowsAnyAsync<SystemException>(() => AppendAsync(0, Samples.Said("1")));
        await _journal.AppendAsync(other, 1, [Samples.Said("2")]);
        Assert.Equal(["1", "2"], await SaidAsync(other.Key));

        Directory.Delete(SessionFile);
        await AppendAsync(0, Samples.Said("1"));
        Assert.Equal(["1"], await SaidAsync(_key));
    }

    [Fact]
    public async Task No_file_stays_open()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var keys = Enumerable.Range(0, 500).Select(i => new SessionKey(1, 1, $"s{i}")).ToArray();
        await Task.WhenAll(keys.Select(key => _journal.AppendAsync(new(key, "silo-1", "run"), 0, [Samples.Said("1")]).AsTask()));
        await Task.WhenAll(keys.Select(key => _journal.ReadAsync(key, 0).AsTask()));

        var open = Directory.GetFiles("/proc/self/fd").Select(file => new FileInfo(file).LinkTarget ?? "").Where(file => file.StartsWith(_directory, StringComparison.Ordinal));
        Assert.Equal([Path.Combine(_directory, "lock")], open);
    }

    [Fact]
    public async Task More_sessions_than_are_remembered_keep_their_versions()
    {
        var runs = Enumerable.Range(0, 3).Select(i => new RunToken(new(1, 1, $"s{i}"), "silo-1", "run")).ToArray();
        foreach (var run in runs)
        {
            await _journal.AppendAsync(run, 0, [Samples.Said("1"), Samples.Said("2")]);
        }

        // Reading a session that is not there takes a place, too, and costs no file.
        await Task.WhenAll(Enumerable.Range(0, 80_000).Select(i => _journal.ReadAsync(new(2, 2, $"s{i}"), 0).AsTask()));
        foreach (var run in runs)
        {
            await _journal.AppendAsync(run, 2, [Samples.Said("3")]);
            Assert.Equal(["1", "2", "3"], await SaidAsync(run.Key));
        }
    }

    [Fact]
    public async Task Sessions_whose_last_run_has_not_ended_are_found()
    {
        await KeepAsync("Ended", Samples.Started(), Samples.Said("x"), Samples.Ended());
        await KeepAsync("Open", Samples.Started(), Samples.Said("x"));
        await KeepAsync("open-again", Samples.Started(), Samples.Ended(), Samples.Started("run-2"), Samples.Said("x"));
        await KeepAsync("resumed", Samples.Started(), new RunResumedRecord("run-1", 0) { Timestamp = Samples.Time });
        await KeepAsync("imported", new ImportedRecord([]) { Timestamp = Samples.Time });
        await KeepAsync("imported-later", Samples.Started(), Samples.Ended(), new ImportedRecord([]) { Timestamp = Samples.Time });
        await KeepAsync("long-end", Samples.Started(), Samples.Ended(error: new string('x', 10_000)));
        await KeepAsync("says-so", Samples.Started(), Samples.Said("""{"type":"run-ended","x":1}"""));
        await KeepAsync("torn-start", Samples.Started(), Samples.Ended());
        await KeepAsync("torn-end", Samples.Started());
        Close();

        // The last words of a process that died: a run that was never accepted, and an end that was never acknowledged.
        Tear("torn-start", Encoding.UTF8.GetString(JournalRecordJson.Write(Samples.Started())) + " \n");
        Tear("torn-end", Encoding.UTF8.GetString(JournalRecordJson.Write(Samples.Ended())));
        _journal = new FileJournal(_directory);

        Assert.Equal(
            ["Open", "open-again", "resumed", "says-so", "torn-end"],
            (await _journal.ListUnfinishedAsync()).Select(key => key.Session).Order(StringComparer.OrdinalIgnoreCase));

        async Task KeepAsync(string id, params JournalRecord[] records)
        {
            var version = 0;
            foreach (var record in records)
            {
                await _journal.AppendAsync(new RunToken(new(3, 4, id), "silo-1", "run-1"), version++, [record]);
            }
        }

        void Tear(string id, string text) => File.AppendAllText(Path.Combine(_directory, "3", "4", $"0,{id}.jsonl"), text);
    }

    [Fact]
    public async Task What_a_tool_said_is_not_mistaken_for_the_end_of_a_run()
    {
        // The last 4 KiB of the file, which are looked at first, begin just where the tool speaks of an end.
        const int Tail = 4096;
        const string End = """{"type":"run-ended","run_id":"run-1","x":""";
        var bare = Encoding.UTF8.GetString(JournalRecordJson.Write(Result("")));
        var padding = Tail - (bare.Length + 1 - bare.IndexOf(End, StringComparison.Ordinal));

        await AppendAsync(0, Samples.Started());
        await AppendAsync(1, Result(new string('x', padding)));

        var file = await File.ReadAllTextAsync(SessionFile);
        Assert.StartsWith(End, file[^Tail..], StringComparison.Ordinal);
        Assert.Equal([_key], await _journal.ListUnfinishedAsync());

        static ToolResultRecord Result(string filler) => new(
            new ToolReturnPart("t", "c1", JsonElement.Parse($"{End}\"{filler}\"}}"), ToolOutcome.Success) { Timestamp = Samples.Time })
        { Timestamp = Samples.Time };
    }

    [Fact]
    public async Task What_is_no_session_in_the_directory_is_passed_over()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "1", "x"));
        Directory.CreateDirectory(Path.Combine(_directory, "lost+found", "1"));
        foreach (var name in (string[])["1/x/0,a.jsonl", "1/notes.txt", "lost+found/1/0,a.jsonl", "1/x/0,a b.jsonl", "1/x/g,a.jsonl"])
        {
            await File.WriteAllTextAsync(Path.Combine(_directory, name), Encoding.UTF8.GetString(JournalRecordJson.Write(Samples.Started())) + "\n");
        }

        await AppendAsync(0, Samples.Started());
        Assert.Equal([_key], await _journal.ListUnfinishedAsync());
    }

    [Theory]
    [MemberData(nameof(OddIds))]
    public async Task A_session_is_found_by_its_file_whatever_its_id_is(string id)
    {
        var key = new SessionKey(long.MaxValue, 0, id);
        await _journal.AppendAsync(new RunToken(key, "silo-1", "run-1"), 0, [Samples.Started()]);
        Assert.Equal([key], await _journal.ListUnfinishedAsync());
    }

    protected override ValueTask<ISessionJournal?> OpenAgainAsync()
    {
        Close();
        return new(_journal = new FileJournal(_directory));
    }

    protected override Task<RunToken> StartedAsync(SessionKey key) => Task.FromResult(new RunToken(key, "silo-1", Guid.NewGuid().ToString()));

    private void Close() => _journal.Dispose();

    private Task AppendAsync(long version, params JournalRecord[] records) =>
        _journal.AppendAsync(new RunToken(_key, "silo-1", "run-1"), version, records).AsTask();
}
