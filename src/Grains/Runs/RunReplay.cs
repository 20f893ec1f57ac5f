using AgentStream.Grains.Approvals;
using AgentStream.Grains.Output;
using AgentStream.Messages;
using AgentStream.Storage;

namespace AgentStream.Grains.Runs;

/// <summary>
/// Shows a run that has ended to a reader for whom the stream does not have it any more: its nodes from the journal, each whole, and its end. What was in the stream alone (an agent's own entries, the
/// pieces that a text came in) is gone.
/// </summary>
/// <param name="environment">Who writes what.</param>
/// <param name="run">The run.</param>
/// <param name="key">Its session.</param>
/// <param name="after">The last entry that the reader has, of this run or an earlier one.</param>
/// <param name="shown">How many entries of the run it has been shown behind that.</param>
internal sealed class RunReplay(RunEnvironment environment, PastRun run, SessionKey key, Cursor after, int shown)
{
    // About a call's worth: enough for nearly every run, and little beside what a silo has in memory.
    private const int Page = 1 << 20;

    private const int NumberBits = 32;

    private readonly List<SessionEntry> _entries = [];
    private uint _number = (uint)shown + (after.InStream < run.Begin ? 0 : NumberOf(after) + 1);
    private long _length;

    /// <summary>Nothing of the run is known to the reader.</summary>
    private bool IsWhole => after.InStream < run.Begin;

    /// <summary>Whether the reader has not seen all nodes.</summary>
    private bool ShowsNodes => after.InStream < run.Last;

    /// <summary>Where a reader stands who has not seen the last node: there, so that one who breaks off is shown the run again.</summary>
    private Cursor Place => At(IsWhole ? run.Begin : after, _number);

    /// <summary>Shows a part of the run.</summary>
    /// <param name="messages">The session's messages.</param>
    /// <param name="node">The first node to show.</param>
    public async Task<ReplayedRun> ShowAsync(IReadOnlyList<ModelMessage> messages, int node)
    {
        var nodes = new NodeWriter(new AnswerBounds(environment.Options), (type, body, _) =>
        {
            Add(type, environment.Options.EventOrigin, body);
            return ValueTask.CompletedTask;
        });
        if (node == 0)
        {
            Begin();
        }

        // Who has all but the end has seen the nodes.
        for (node = ShowsNodes ? node : run.Nodes; node < run.Nodes; node++)
        {
            if (_length > Page)
            {
                return new ReplayedRun(run.RunId, run.Begin, _entries, node);
            }

            var request = (ModelRequest)messages[run.FirstMessage + (2 * node)];
            foreach (var steered in node == 0 ? [] : request.Parts.OfType<UserPromptPart>())
            {
                Add(Protocol.Info, Protocol.AgentStreamOrigin, EntryBodies.Steered(steered.Text));
            }

            await nodes.ReplayAsync(node, request, (ModelResponse)messages[run.FirstMessage + (2 * node) + 1], CancellationToken.None);
        }

        End();
        return new ReplayedRun(run.RunId, run.Begin, _entries, null);
    }

    private void Begin()
    {
        if (IsWhole)
        {
            Add(Protocol.Begin, environment.RuntimeOrigin, BeginBody.Of(key));
        }

        if (ShowsNodes)
        {
            Add(Protocol.Info, Protocol.AgentStreamOrigin, EntryBodies.Replayed());
        }
    }

    private void End()
    {
        // Who has this one has all that was said: only then does a reader's place move on.
        if (_entries.Count > 0)
        {
            _entries[^1] = _entries[^1] with { Cursor = At(run.Last, NumberOf(_entries[^1].Cursor)) };
        }

        var ending = run.Error is null
            ? RequestBodies.Entries(run.Requests)
            : [RunError.Of(run.Error, run.Reason)!.ToEntry(run.RunId)];
        foreach (var entry in ending.Append(new NewEntry(Protocol.End, environment.RuntimeOrigin, ReadOnlyMemory<byte>.Empty)))
        {
            _entries.Add(new SessionEntry(key, At(run.Last.Next, _number++), entry.Type, entry.Origin, entry.Body.ToArray()));
        }
    }

    // Cursors that are not in the stream (Cursor.IsReplayed): each is greater than those before it, and says which place in the stream its reader has got to.
    private static Cursor At(Cursor place, uint number) => place with { Sequence = place.InStream.Sequence | ((ulong)number << NumberBits) };

    private static uint NumberOf(Cursor cursor) => (uint)(cursor.Sequence >> NumberBits);

    private void Add(string type, string origin, ReadOnlyMemory<byte> body)
    {
        _entries.Add(new SessionEntry(key, Place, type, origin, body.ToArray()));
        _number++;
        _length += body.Length;
    }
}
