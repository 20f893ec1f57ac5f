using System.ComponentModel;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace AgentStream.Accounts;

/// <summary>An account. Its id is the user of AgentStream's sessions.</summary>
internal sealed class Account
{
    public string Id { get; init; } = Guid.NewGuid().ToString();

    public required string Email { get; init; }

    public string PasswordHash { get; set; } = "";
}

internal sealed record Order(int Id, string AccountId, string Text);

internal sealed class ShopDb(DbContextOptions<ShopDb> options) : DbContext(options)
{
    public DbSet<Account> Accounts => Set<Account>();

    public DbSet<Order> Orders => Set<Order>();

    /// <summary>Makes the database with two customers, each with an order, unless it is there.</summary>
    public static async Task CreateAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ShopDb>();
        if (await db.Database.EnsureCreatedAsync())
        {
            var (anna, bob) = (new Account { Email = "anna@example.com" }, new Account { Email = "bob@example.com" });
            var hasher = new PasswordHasher<Account>();
            anna.PasswordHash = hasher.HashPassword(anna, "anna-knows");
            bob.PasswordHash = hasher.HashPassword(bob, "bob-knows");
            db.AddRange(anna, bob, new Order(1, anna.Id, "Order 1, a teapot, is on its way."), new Order(2, bob.Id, "Order 2, a drum, is being packed."));
            await db.SaveChangesAsync();
        }
    }
}

internal static class ShopTools
{
    /// <summary>Each call has its own <see cref="ShopDb"/>. The model says which order; the run says whose.</summary>
    [Description("Finds an order of the user.")]
    public static async Task<string> FindOrderAsync([Description("The order's number.")] int id, ShopDb db, Deps deps, CancellationToken cancellationToken) =>
        await db.Orders.Where(order => order.Id == id && order.AccountId == deps.Key.User).Select(order => order.Text).SingleOrDefaultAsync(cancellationToken)
            ?? throw new ToolException($"You have no order {id}.");
}
