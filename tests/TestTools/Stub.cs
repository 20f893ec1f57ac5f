using System.Reflection;

namespace AgentStream.TestTools;

/// <summary>
/// Stands in for an interface. No class of this assembly implements a grain interface, so Orleans finds no grains here that
/// would compete with the real ones; and an interface may grow without these tests.
/// </summary>
public class Stub : DispatchProxy
{
    private Func<MethodInfo, object?[], object?>? _answer;

    public static T Of<T>(Func<MethodInfo, object?[], object?> answer)
        where T : class
    {
        var stub = Create<T, Stub>();
        ((Stub)(object)stub)._answer = answer;
        return stub;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer!(targetMethod!, args ?? []);
}
