using System.Reflection;
using Orleans.Embedded.Activations;
using Orleans.Embedded.Calls;

namespace Orleans.Embedded.Enumerations;

/// <summary>A method that returns an async enumerable. Calling it sends nothing: each enumeration of what it returns does.</summary>
/// <typeparam name="T">The items.</typeparam>
internal sealed class EnumerableMethod<T>(MethodInfo method) : GrainMethod(method)
{
    private readonly Func<object, object?[], IAsyncEnumerable<T>> _start = Compile<IAsyncEnumerable<T>>(method);

    public override object Call(GrainReference target, Caller caller, object?[] arguments) =>
        new GrainEnumerable<T>(this, arguments, target.Id, caller);

    public override Task Start(object grain, object?[] arguments) => throw new NotSupportedException($"{Name} is enumerated, not called.");

    public IAsyncEnumerable<T> Begin(object grain, object?[] arguments) => _start(grain, arguments);
}

/// <summary>What a caller of such a method holds.</summary>
/// <typeparam name="T">The items.</typeparam>
internal sealed class GrainEnumerable<T>(EnumerableMethod<T> method, object?[] arguments, GrainId target, Caller caller)
    : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new GrainEnumerator<T>(new Enumeration<T>(method, arguments), target, caller, method.TokenOf(arguments), cancellationToken);
}
