// Loaded before the program: sends what is meant for the hosted service to the server named by FAL_LOCAL_BASE.
const base = process.env.FAL_LOCAL_BASE;
const real = globalThis.fetch;
const part = { "fal.run": "/run", "queue.fal.run": "/queue", "rest.fal.ai": "/rest" };
globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  return real(url.host in part ? base + part[url.host] + url.pathname + url.search : input, init);
};
