using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using Orleans.Concurrency;

namespace Orleans.Embedded.Calls;

/// <summary>A method of a grain interface: what its attributes say, how it is sent, and how it is run. Each is made once.</summary>
internal abstract class GrainMethod
{
    private static readonly ConcurrentDictionary<MethodInfo, GrainMethod> Known = new();

    protected GrainMethod(MethodInfo method)
    {
        Name = $"{method.DeclaringType!.Name}.{method.Name}";
        Interleaves = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        IsReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        IsOneWay = method.IsDefined(typeof(OneWayAttribute));
        TokenIndex = Array.FindIndex(method.GetParameters(), parameter => parameter.ParameterType == typeof(CancellationToken));
    }

    public string Name { get; }

    public bool Interleaves { get; }

    public bool IsReadOnly { get; }

    public bool IsOneWay { get; }

    /// <summary>Which argument is a cancellation token; -1 if none is.</summary>
    public int TokenIndex { get; }

    public static GrainMethod Of(MethodInfo method) => Known.GetOrAdd(method, Make);

    public CancellationToken TokenOf(object?[] arguments) => TokenIndex < 0 ? default : (CancellationToken)arguments[TokenIndex]!;

    /// <summary>The caller's side: sends a call.</summary>
    /// <returns>What the caller's method returns.</returns>
    public abstract object Call(GrainReference target, Caller caller, object?[] arguments);

    /// <summary>The callee's side: runs a call in a turn of the grain.</summary>
    /// <returns>The method's task.</returns>
    public abstract Task Start(object grain, object?[] arguments);

    /// <summary>Compiles the call of a method: a delegate, unlike reflection, costs little and leaves exceptions as they are.</summary>
    protected static Func<object, object?[], TReturn> Compile<TReturn>(MethodInfo method, Func<Expression, Expression>? convert = null)
    {
        var grain = Expression.Parameter(typeof(object));
        var arguments = Expression.Parameter(typeof(object?[]));
        Expression call = Expression.Call(
            Expression.Convert(grain, method.DeclaringType!),
            method,
            method.GetParameters().Select((parameter, index) =>
                Expression.Convert(Expression.ArrayIndex(arguments, Expression.Constant(index)), parameter.ParameterType)));
        return Expression.Lambda<Func<object, object?[], TReturn>>(convert?.Invoke(call) ?? call, grain, arguments).Compile();
    }

    private static GrainMethod Make(MethodInfo method)
    {
        var returned = method.ReturnType;
        var shape = returned.IsGenericType ? returned.GetGenericTypeDefinition() : returned;
        if (shape == typeof(Task) || shape == typeof(ValueTask))
        {
            return new CallMethod<object>(method);
        }

        var kind = shape == typeof(Task<>) || shape == typeof(ValueTask<>) ? typeof(CallMethod<>)
            : shape == typeof(IAsyncEnumerable<>) ? typeof(Enumerations.EnumerableMethod<>)
            : throw new NotSupportedException(
                $"{method.DeclaringType}.{method.Name} returns {returned}; a grain's methods return tasks or async enumerables.");
        return (GrainMethod)Activator.CreateInstance(kind.MakeGenericType(returned.GetGenericArguments()), method)!;
    }
}

/// <summary>A method that returns a task or a value task.</summary>
/// <typeparam name="T">What the task holds; object if it holds nothing.</typeparam>
internal sealed class CallMethod<T> : GrainMethod
{
    private readonly Func<object, object?[], Task> _start;
    private readonly Func<Task<T>, object> _toReturned;

    public CallMethod(MethodInfo method)
        : base(method)
    {
        var isValueTask = method.ReturnType.IsValueType;
        _start = Compile<Task>(method, isValueTask ? static call => Expression.Call(call, nameof(ValueTask.AsTask), null) : null);
        _toReturned = !isValueTask ? static task => task
            : method.ReturnType == typeof(ValueTask) ? static task => new ValueTask(task)
            : static task => new ValueTask<T>(task);
    }

    public override object Call(GrainReference target, Caller caller, object?[] arguments)
    {
        var call = new GrainCall<T>(this, arguments, target.Id, caller);
        call.Send();
        return _toReturned(IsOneWay ? Task.FromResult<T>(default!) : call.Answer);
    }

    public override Task Start(object grain, object?[] arguments) => _start(grain, arguments);
}
