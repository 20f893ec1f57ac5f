namespace Orleans.Runtime
{
    /// <summary>Something that can be called by its identity.</summary>
    public interface IAddressable;
}

namespace Orleans
{
    /// <summary>A virtual actor's interface.</summary>
    public interface IGrain : Runtime.IAddressable;

    /// <summary>A grain whose key is a text.</summary>
    public interface IGrainWithStringKey : IGrain;
}
