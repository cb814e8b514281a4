using LtxEngine.Cli;

return await CommandLineApplication.RunAsync(args, Terminal.Standard()).ConfigureAwait(false);
