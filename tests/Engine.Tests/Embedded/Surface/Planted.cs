// Two surfaces that differ in one thing in each member, to see that the comparison finds each. 'Same' is not to be reported.
#pragma warning disable CA1822 // The members are there to be read, not to do anything.
namespace AgentStream.Engine.Tests.Embedded.Surface.Ours
{
    public static class OnlyOurs;

    public class Kind;

    public class Base : List<int>;

    public interface IMore : IDisposable;

    public enum Number : byte { One = 1, Two = 2 }

    [AttributeUsage(AttributeTargets.Class, Inherited = false)]
    public sealed class UsageAttribute : Attribute;

    public class Box<T>
        where T : class;

    public class Members
    {
        public const int Value = 1;

        public void Same(int a, string b = "b", CancellationToken c = default) { }

        public void ParameterName(int ours) { }

        public void ParameterType(List<int> a) { }

        public int Returned() => 0;

        public void Default(int a = 1) { }

        public void Optional(int a = 1) { }

        public void Generic<T>()
            where T : IDisposable
        { }

        public static void Static() { }

        public virtual void Virtual() { }

        public void Access() { }

        public void ByReference(in int a) { }

        public void ManyOf(params int[] a) { }

        public int Settable { get; set; }

        public int Initialized { get; set; }

        public int Required { get; init; }

        public void OnlyOurs() { }
    }
}

namespace AgentStream.Engine.Tests.Embedded.Surface.Theirs
{
    public sealed class Kind;

    public class Base : List<string>;

    public interface IMore;

    public enum Number : byte { One = 1, Two = 3, Three = 4 }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class UsageAttribute : Attribute;

    public class Box<T>
        where T : struct;

    public class Members
    {
        public const int Value = 2;

        public void Same(int a, string b = "b", CancellationToken c = default) { }

        public void ParameterName(int theirs) { }

        public void ParameterType(List<long> a) { }

        public long Returned() => 0;

        public void Default(int a = 2) { }

        public void Optional(int a) { }

        public void Generic<T>()
            where T : IAsyncDisposable
        { }

        public void Static() { }

        public void Virtual() { }

        protected void Access() { }

        public void ByReference(ref int a) { }

        public void ManyOf(int[] a) { }

        public int Settable { get; }

        public int Initialized { get; init; }

        public required int Required { get; init; }

        public void OnlyTheirs() { }
    }
}
