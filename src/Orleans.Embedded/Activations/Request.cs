namespace Orleans.Embedded.Activations;

/// <summary>Something that an activation is asked to run: a call, a tick of a timer, a step of an enumeration.</summary>
internal abstract class Request
{
    /// <summary>The links of the one <see cref="RequestList"/> that holds the request.</summary>
    internal Request? Next { get; set; }

    internal Request? Previous { get; set; }

    /// <summary>Whether it may run between the awaits of any other request.</summary>
    public virtual bool Interleaves => false;

    /// <summary>Whether it may run between the awaits of others that change nothing.</summary>
    public virtual bool IsReadOnly => false;

    /// <summary>Whether it counts as a use of the activation.</summary>
    public virtual bool IsUse => true;

    /// <summary>Runs in a turn, unless nobody waits for it any more. It does not throw: a failure is in the task.</summary>
    public abstract Task Run(Activation activation);

    /// <summary>The task of <see cref="Run"/> is done.</summary>
    public abstract void Complete(Task task);

    /// <summary>The activation, or its silo, is gone before the request was done.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>The activation went in order before the request began.</summary>
    public abstract void Reroute();
}

/// <summary>Requests in the order they came. A list of links, since an idle activation should hold no empty buffers.</summary>
internal struct RequestList
{
    public Request? First { get; private set; }

    public int Count { get; private set; }

    private Request? Last { get; set; }

    public void Add(Request request)
    {
        request.Previous = Last;
        if (Last is null)
        {
            First = request;
        }
        else
        {
            Last.Next = request;
        }

        Last = request;
        Count++;
    }

    public void Remove(Request request)
    {
        if (request.Previous is null)
        {
            First = request.Next;
        }
        else
        {
            request.Previous.Next = request.Next;
        }

        if (request.Next is null)
        {
            Last = request.Previous;
        }
        else
        {
            request.Next.Previous = request.Previous;
        }

        request.Next = request.Previous = null;
        Count--;
    }

    /// <summary>Empties the list.</summary>
    /// <returns>What it held.</returns>
    public Request[] TakeAll()
    {
        var all = new Request[Count];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = First!;
            Remove(First!);
        }

        return all;
    }
}
