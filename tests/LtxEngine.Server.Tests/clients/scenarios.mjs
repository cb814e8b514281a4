// Runs one scenario of the official client and prints what it saw as one JSON object.
import { fal } from "@fal-ai/client";
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

const [scenario, base, way, extra] = process.argv.slice(2);
const endpoint = "fal-ai/ltx-2-19b/image-to-video";
const part = { "fal.run": "/run", "queue.fal.run": "/queue", "rest.fal.ai": "/rest" };
const toLocal = (address) => {
  const url = new URL(address);
  return url.host in part ? base + part[url.host] + url.pathname + url.search : String(address);
};
const credentials = process.env.FAL_TEST_KEY ?? "local:key";
fal.config({
  fetch: { credentials, fetch: (url, init) => fetch(toLocal(url), init) },
  middleware: { credentials, requestMiddleware: async (request) => ({ ...request, url: toLocal(request.url) }) },
  proxy: { credentials, proxyUrl: { url: base + "/api/fal/proxy", when: "always" } },
  preload: { credentials },
}[way]);

const picture = async () => new Blob([await readFile(process.env.FAL_TEST_PICTURE)], { type: "image/png" });
const input = async () => ({
  prompt: "a red boat sails on the sea",
  image_url: await picture(),
  num_frames: 9,
  video_size: { width: 64, height: 64 },
  num_inference_steps: 8,
  use_multiscale: false,
  enable_prompt_expansion: false,
  acceleration: "none",
  seed: 5,
});
const failure = async (promise) => {
  try {
    return { value: await promise };
  } catch (error) {
    return { name: error.constructor.name, status: error.status, body: error.body, requestId: error.requestId, message: error.message, fieldErrors: error.fieldErrors };
  }
};

// The client's stream reports its failure twice, once where nobody can catch it.
process.on("unhandledRejection", () => {});
const stream = async () => {
  const events = await fal.stream(endpoint, { input: {} });
  for await (const event of events) console.error(event);
  await events.done();
};

const scenarios = {
  async subscribe() {
    const updates = [];
    const logs = [];
    const enqueued = [];
    const { data, requestId } = await fal.subscribe(endpoint, {
      input: await input(),
      logs: true,
      pollInterval: 100,
      onEnqueue: (id) => enqueued.push(id),
      onQueueUpdate: (update) => {
        updates.push(update.status);
        if (update.status === "IN_PROGRESS") update.logs.map((entry) => entry.message).forEach((message) => logs.push(message));
        if (logs.includes("Denoising")) writeFileSync(extra, "");
      },
    });
    return { data, requestId, enqueued, updates, logs };
  },
  async streaming() {
    const messages = [];
    const { data, requestId } = await fal.subscribe(endpoint, {
      input: await input(),
      logs: true,
      mode: "streaming",
      onQueueUpdate: (update) => messages.push((update.logs ?? []).map((entry) => entry.message)),
    });
    return { data, requestId, logs: messages.at(-1) };
  },
  async run() {
    return await fal.run(endpoint, { input: await input() });
  },
  async inline() {
    return await fal.run(endpoint, { input: { ...(await input()), sync_mode: true } });
  },
  async queue() {
    const submitted = await fal.queue.submit(endpoint, { input: await input(), priority: "low" });
    const status = await fal.queue.status(endpoint, { requestId: submitted.request_id, logs: true });
    const stream = await fal.queue.streamStatus(endpoint, { requestId: submitted.request_id, logs: true });
    const events = [];
    for await (const event of stream) events.push(event.status);
    const last = await stream.done();
    const result = await fal.queue.result(endpoint, { requestId: submitted.request_id });
    return { submitted, status, events, last, result };
  },
  async webhook() {
    return await fal.queue.submit(endpoint, { input: await input(), webhookUrl: extra });
  },
  async cancel() {
    const first = await fal.queue.submit(endpoint, { input: await input() });
    const second = await fal.queue.submit(endpoint, { input: await input() });
    await fal.queue.cancel(endpoint, { requestId: second.request_id });
    await fal.queue.cancel(endpoint, { requestId: first.request_id });
    const ends = [];
    for (const id of [first.request_id, second.request_id]) {
      let status;
      do {
        status = await fal.queue.status(endpoint, { requestId: id });
        await new Promise((resolve) => setTimeout(resolve, 50));
      } while (status.status !== "COMPLETED");
      ends.push({ status, result: await failure(fal.queue.result(endpoint, { requestId: id })) });
    }
    return { ends, again: await failure(fal.queue.cancel(endpoint, { requestId: first.request_id })) };
  },
  async errors() {
    return {
      validation: await failure(fal.subscribe(endpoint, { input: { num_frames: 482, fps: "x" }, pollInterval: 50 })),
      run: await failure(fal.run(endpoint, { input: { prompt: 1, image_url: "file:///etc/passwd" } })),
      empty: await failure(fal.run(endpoint, { input: {} })),
      picture: await failure(fal.run(endpoint, { input: { ...(await input()), image_url: "http://127.0.0.1:9/x.png" } })),
      unknownEndpoint: await failure(fal.run("fal-ai/other", { input: {} })),
      unknownRequest: await failure(fal.queue.result(endpoint, { requestId: "00000000-0000-0000-0000-000000000000" })),
      notStreaming: await failure(stream()),
      get: await failure(fal.run(endpoint, { input: { prompt: "x" }, method: "get" })),
    };
  },
  async upload() {
    const blob = await picture();
    const url = await fal.storage.upload(blob);
    const read = await fetch(url);
    const original = Buffer.from(await blob.arrayBuffer());
    return { url, type: read.headers.get("content-type"), equal: Buffer.compare(original, Buffer.from(await read.arrayBuffer())) === 0 };
  },
  async multipart() {
    const size = 95 * 1024 * 1024;
    const bytes = Buffer.alloc(size);
    for (let i = 0; i < size; i += 4096) bytes.writeUInt32LE(i, i);
    const url = await fal.storage.upload(new File([bytes], "large.bin", { type: "application/x-test" }));
    const read = Buffer.from(await (await fetch(url)).arrayBuffer());
    return { url, equal: Buffer.compare(bytes, read) === 0 };
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
