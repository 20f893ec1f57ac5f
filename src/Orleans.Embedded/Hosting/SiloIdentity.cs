namespace Orleans.Embedded.Hosting;

/// <summary>What tells a silo from others.</summary>
internal sealed class SiloIdentity
{
    public string Name { get; set; } = "Silo";

    /// <summary>A part of its address; nothing listens there.</summary>
    public int Port { get; set; } = 11111;
}
