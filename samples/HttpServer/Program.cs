// The server within a web application: dotnet run --project samples/HttpServer -- --LtxServer:ModelDirectory=models/demo
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddLtxServer(builder.Configuration.GetSection("LtxServer"));

await using WebApplication app = builder.Build();
app.MapGet("/", () => "The application's own page; the engine answers every other path.");
app.MapLtxEngine();
await app.RunAsync();
