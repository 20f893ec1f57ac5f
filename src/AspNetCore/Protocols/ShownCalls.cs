namespace AgentStream.AspNetCore.Protocols;

/// <summary>
/// The tool calls that a run's frames have shown, under ids that are unique in the run. A model's ids are unique among the calls of one response only: some endpoints count anew in each, some give all calls
/// the same.
/// </summary>
internal sealed class ShownCalls
{
    private readonly Dictionary<string, Call> _latest = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly List<(string Id, string Shown, Call? Before)> _ofNode = [];
    private readonly bool _isReplaced;

    /// <param name="isReplaced">Whether the client drops what a node had shown when that node begins again: then its ids are free again.</param>
    /// <param name="earlier">The calls of an earlier run whose message this one continues.</param>
    public ShownCalls(bool isReplaced, IEnumerable<(string Id, string Shown, bool IsOpen)> earlier)
    {
        _isReplaced = isReplaced;
        foreach (var (id, shown, isOpen) in earlier)
        {
            _taken.Add(shown);
            _latest[id] = new Call(shown) { IsAnswered = !isOpen };
        }
    }

    /// <summary>The model's own id of a call.</summary>
    /// <param name="shown">The id that the call is shown under.</param>
    public static string ModelId(string shown) => shown.LastIndexOf('~') is var mark and > 0 && Cursor.TryParse(shown.AsSpan(mark + 1), out _) ? shown[..mark] : shown;

    /// <summary>A node begins.</summary>
    /// <param name="again">It began before.</param>
    public void NodeBegan(bool again)
    {
        if (again)
        {
            Forget();
        }

        _ofNode.Clear();
    }

    /// <summary>A call is shown.</summary>
    /// <param name="id">The model's id of it.</param>
    /// <param name="cursor">The place of its event.</param>
    /// <returns>The id to show it under: the model's, unless the run has used that.</returns>
    public string Show(string id, Cursor cursor)
    {
        var shown = _taken.Add(id) ? id : $"{id}~{cursor}";
        _taken.Add(shown);
        _ofNode.Add((id, shown, _latest.GetValueOrDefault(id)));
        _latest[id] = new Call(shown);
        return shown;
    }

    /// <summary>The id that the last call of that id is shown under.</summary>
    public string ShownOf(string id) => _latest.TryGetValue(id, out var call) ? call.Shown : id;

    /// <summary>A result comes, of the last call with its id. A node that begins again brings its results again.</summary>
    /// <param name="id">The model's id of the call.</param>
    /// <param name="isOfRun">Whether the call was shown in this run. One that a cancel left open is answered in the session's next run.</param>
    /// <returns>The id that the call is shown under; null when it has its result already.</returns>
    public string? Answer(string id, out bool isOfRun)
    {
        isOfRun = _latest.TryGetValue(id, out var call);
        if (!isOfRun)
        {
            // No call of this run may take the id of that one.
            return _taken.Add(id) ? id : null;
        }

        if (call!.IsAnswered)
        {
            return null;
        }

        call.IsAnswered = true;
        return call.Shown;
    }

    // What the node had called before it began again was not called: a result with such an id is of an earlier call.
    private void Forget()
    {
        foreach (var (id, shown, before) in Enumerable.Reverse(_ofNode))
        {
            if (before is null)
            {
                _latest.Remove(id);
            }
            else
            {
                _latest[id] = before;
            }

            if (_isReplaced)
            {
                _taken.Remove(shown);
            }
        }
    }

    private sealed class Call(string shown)
    {
        public string Shown => shown;

        public bool IsAnswered { get; set; }
    }
}
