namespace AgentStream.AspNetCore.Requests;

/// <summary>The headers of answers, which pages of other origins may read, too.</summary>
internal static class ResponseHeaders
{
    /// <summary>Names the session, also where the caller left the choice to us.</summary>
    public const string Session = "X-Session-Id";

    /// <summary>Names the run.</summary>
    public const string Run = "X-Run-Id";

    /// <summary>The prompt's place among those that wait, from 1; absent when its run has begun.</summary>
    public const string Waiting = "X-Waiting";

    /// <summary>Has the address of the next page of a list (RFC 8288); absent on the last one.</summary>
    public const string Link = "Link";
}
