using AgentStream.Accounts;
using AgentStream.Samples;
using Microsoft.EntityFrameworkCore;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddDbContext<ShopDb>(options => options.UseSqlite("Data Source=shop.db"));
builder.Services.AddLogins();
builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning);

builder.AddAgentStream().AddAgent("shop", agent => agent
    .UseChatClient(_ => new StandInModel(builder.Configuration.GetValue<TimeSpan?>("TokenDelay")))
    .WithInstructions("You help customers of a shop.")
    .WithTool(ShopTools.FindOrderAsync, "find_order"));

var app = builder.Build();
await ShopDb.CreateAsync(app.Services);
app.MapLogins();
app.MapAgentStreamPage("/").RequireAuthorization(Logins.People);
app.MapAgentStream("/chat");
app.Run();
