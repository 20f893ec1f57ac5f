using AgentStream.Storage.Journal;

namespace AgentStream.Storage.Testing;

public abstract partial class SessionJournalContract
{
    /// <summary>There are no records of a session before its first append, and that is no error.</summary>
    [Fact]
    public async Task A_session_that_nobody_wrote_to_has_no_records() =>
        Assert.Empty(await Journal.ReadAsync(SampleRecords.NewSession(), 0));

    /// <summary>Every record is read as it was written, also one of a type that is not known, and also after <see cref="ReopenAsync"/>.</summary>
    [Fact]
    public async Task Records_of_every_kind_are_read_as_they_were_written_also_by_the_next_process()
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        JournalRecord[] written = [.. SampleRecords.EveryKind()];
        await Journal.AppendAsync(run, 0, written[..3]);
        await Journal.AppendAsync(run, 3, written[3..4]);
        await Journal.AppendAsync(run, 4, written[4..]);

        Assert.Equal(Texts(written), Texts(await Journal.ReadAsync(run.Key, 0)));
        if (await ReopenAsync() is { } again)
        {
            Assert.Equal(Texts(written), Texts(await again.ReadAsync(run.Key, 0)));
        }
    }

    /// <summary>A reader that has the first records gets those after them, and none when it has all.</summary>
    [Fact]
    public async Task A_reader_gets_what_is_behind_its_version()
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        await Journal.AppendAsync(run, 0, [SampleRecords.Said("1"), SampleRecords.Said("2"), SampleRecords.Said("3")]);

        Assert.Equal(["2", "3"], await SaidAsync(run.Key, 1));
        Assert.Equal([], await SaidAsync(run.Key, 3));
        Assert.Equal([], await SaidAsync(run.Key, 9));
        await Journal.AppendAsync(run, 3, [SampleRecords.Said("4")]);
        Assert.Equal(["4"], await SaidAsync(run.Key, 3));
    }

    /// <summary>An append that expects another version is refused with an <see cref="OwnershipLostException"/>, and leaves nothing of it.</summary>
    /// <param name="expected">The version that it expects, where there are two records.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_writer_with_another_version_writes_nothing(long expected)
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        await Journal.AppendAsync(run, 0, [SampleRecords.Said("1"), SampleRecords.Said("2")]);

        await Assert.ThrowsAsync<OwnershipLostException>(
            () => Journal.AppendAsync(run, expected, [SampleRecords.Said("x"), SampleRecords.Said("y"), SampleRecords.Said("z")]).AsTask());

        Assert.Equal(["1", "2"], await SaidAsync(run.Key));
    }

    /// <summary>The first append of a session has to expect version 0; another one leaves no trace of the session.</summary>
    [Fact]
    public async Task A_first_append_that_expects_records_writes_nothing()
    {
        var user = NewUser();
        var run = await StartRunAsync(user.Session("s"));
        await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, 1, [SampleRecords.Said("x")]).AsTask());

        Assert.Equal([], await SaidAsync(run.Key));
        if (ListsSessions)
        {
            Assert.Empty(await Journal.ListSessionsAsync(user, 10));
        }
    }

    /// <summary>Of two appends at the same time that expect the same version, one is kept, whole.</summary>
    [Fact]
    public async Task Of_two_writers_of_one_version_one_is_refused()
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        for (var version = 0; version < 20; version += 2)
        {
            var expected = version;
            var kept = await Task.WhenAll(((string[])["a", "b"]).Select(writer => Task.Run(async () =>
            {
                try
                {
                    await Journal.AppendAsync(run, expected, [SampleRecords.Said($"{writer}1"), SampleRecords.Said($"{writer}2")]);
                    return writer;
                }
                catch (OwnershipLostException)
                {
                    return null;
                }
            })));

            var winner = Assert.Single(kept, writer => writer is not null);
            Assert.Equal([$"{winner}1", $"{winner}2"], await SaidAsync(run.Key, expected));
        }
    }

    /// <summary>An append that its run makes again because its answer was lost is kept once. Other records, or those of another run, are no repetition.</summary>
    [Fact]
    public async Task An_append_that_is_repeated_is_kept_once()
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        JournalRecord[] records = [SampleRecords.Said("1"), SampleRecords.Said("2")];
        await Journal.AppendAsync(run, 0, records);
        if (KnowsRepeatedAppends)
        {
            await Journal.AppendAsync(run, 0, records);
        }
        else
        {
            await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, 0, records).AsTask());
        }

        JournalRecord[] others = [SampleRecords.Said("1"), SampleRecords.Said("x")];
        await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, 0, others).AsTask());
        await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run, 0, [.. records, SampleRecords.Said("3")]).AsTask());
        await Assert.ThrowsAsync<OwnershipLostException>(() => Journal.AppendAsync(run with { RunId = "another" }, 0, records).AsTask());
        Assert.Equal(["1", "2"], await SaidAsync(run.Key));
        await Journal.AppendAsync(run, 2, [SampleRecords.Said("3")]);
        Assert.Equal(["1", "2", "3"], await SaidAsync(run.Key));
    }

    /// <summary>Thousands of records, of some megabytes together, are read whole and in order.</summary>
    [Fact]
    public async Task A_long_history_is_read_whole()
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        var filler = new string('x', 3_000);
        var texts = Enumerable.Range(0, 3_000).Select(i => $"{i} {(i % 7 == 0 ? filler : "")}").ToArray();
        foreach (var chunk in texts.Index().Chunk(500))
        {
            await Journal.AppendAsync(run, chunk[0].Index, [.. chunk.Select(text => SampleRecords.Said(text.Item))]);
        }

        Assert.Equal(texts, await SaidAsync(run.Key));
        Assert.Equal(texts[1_234..], await SaidAsync(run.Key, 1_234));
    }

    /// <summary>One record may have half a megabyte, or more.</summary>
    [Fact]
    public async Task A_large_record_is_kept_whole()
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        var text = string.Concat(Enumerable.Range(0, 500_000).Select(i => i % 10));
        await Journal.AppendAsync(run, 0, [SampleRecords.Said(text), SampleRecords.Said("behind")]);

        Assert.Equal([text, "behind"], await SaidAsync(run.Key));
    }

    /// <summary>After a delete the version is 0 again, and nothing of what was comes back. To delete what is not there is no error.</summary>
    [Fact]
    public async Task A_deleted_session_starts_anew()
    {
        var run = await StartRunAsync(SampleRecords.NewSession());
        await Journal.DeleteAsync(run);
        await Journal.AppendAsync(run, 0, [SampleRecords.Said("1"), SampleRecords.Said("2")]);
        await Journal.DeleteAsync(run);

        Assert.Equal([], await SaidAsync(run.Key));
        await Journal.AppendAsync(run, 0, [SampleRecords.Said("new")]);
        Assert.Equal(["new"], await SaidAsync(run.Key));
        if (await ReopenAsync() is { } again)
        {
            Assert.Equal(["new"], Said(await again.ReadAsync(run.Key, 0)));
        }
    }

    /// <summary>Any id will do that <see cref="SessionKey"/> takes.</summary>
    /// <param name="id">The id.</param>
    [Theory]
    [MemberData(nameof(OddIds))]
    public async Task Any_session_id_will_do(string id)
    {
        var run = await StartRunAsync(new SessionKey(long.MaxValue, Random.Shared.NextInt64(), id));
        await Journal.AppendAsync(run, 0, [SampleRecords.Said(id)]);
        Assert.Equal([id], await SaidAsync(run.Key));
    }

    /// <summary>Sessions with the same id of other users and scopes, and ids that differ in case alone, are other sessions.</summary>
    [Fact]
    public async Task Sessions_are_kept_apart_by_scope_user_and_the_case_of_their_ids()
    {
        var user = Random.Shared.NextInt64();
        SessionKey[] keys = [new(1, user, "Ab"), new(1, user, "aB"), new(1, user, "ab"), new(1, user, "AB"), new(2, user, "ab"), new(1, user / 2, "ab")];
        foreach (var key in keys)
        {
            await Journal.AppendAsync(await StartRunAsync(key), 0, [SampleRecords.Said(key.ToString())]);
        }

        foreach (var key in keys)
        {
            Assert.Equal([key.ToString()], await SaidAsync(key));
        }
    }

    /// <summary>Many sessions are written and read at the same time.</summary>
    [Fact]
    public async Task Two_hundred_sessions_write_at_once_and_each_keeps_its_order()
    {
        var user = NewUser();
        var keys = Enumerable.Range(0, 200).Select(i => user.Session($"s{i}")).ToArray();
        await Task.WhenAll(keys.Select(key => Task.Run(async () =>
        {
            var run = await StartRunAsync(key);
            for (var version = 0; version < 10; version++)
            {
                await Journal.AppendAsync(run, version, [SampleRecords.Said($"{key} {version}")]);
                Assert.Equal(version + 1, (await Journal.ReadAsync(key, 0)).Count);
            }
        })));

        foreach (var key in keys)
        {
            Assert.Equal(Enumerable.Range(0, 10).Select(version => $"{key} {version}"), await SaidAsync(key));
        }
    }
}
