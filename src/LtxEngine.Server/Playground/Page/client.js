// The server's routes as the page uses them: the queue as every client does, and the server's own for models, past jobs and progress.

const base = new URL("../", import.meta.url).href.replace(/\/$/, "");

/** An answer that says what is wrong. */
export class RequestFailed extends Error {
  constructor(status, body) {
    super(typeof body?.detail === "string" ? body.detail : `The server answered ${status}.`);
    this.status = status;
    this.errors = Array.isArray(body?.detail) ? body.detail : [];
    if (this.errors.length > 0) {
      this.message = this.errors.map((error) => `${error.loc.slice(1).join(".") || "request"}: ${error.msg}`).join("\n");
    }
  }
}

export const serverAddress = base;

export const keyField = () => document.getElementById("key");

function headers(extra = {}) {
  const key = keyField().value.trim();
  return key ? { ...extra, authorization: `Key ${key}` } : extra;
}

async function call(path, { method = "GET", body, signal } = {}) {
  const response = await fetch(base + path, {
    method,
    signal,
    headers: headers(body === undefined ? {} : { "content-type": "application/json" }),
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    value = { detail: text.slice(0, 300) };
  }

  if (!response.ok) {
    throw new RequestFailed(response.status, value);
  }

  return value;
}

export const models = async () => (await call("/api/models")).models;

export const describe = (endpoint) => call(`/api/openapi/queue/openapi.json?endpoint_id=${encodeURIComponent(endpoint)}`);

export const estimate = (endpoint, input, signal) => call(`/api/estimate?model=${encodeURIComponent(endpoint)}`, { method: "POST", body: input, signal });

export const history = async (endpoint) => (await call(`/api/jobs?limit=20&model=${encodeURIComponent(endpoint)}`)).jobs;

/** Where a request is handed over. */
export const submitAddress = (endpoint) => `${base}/queue/${endpoint}`;

export const submit = (endpoint, input) => call(`/queue/${endpoint}`, { method: "POST", body: input });

/** Status, result and cancel take the application alone: the first two segments of the endpoint. */
const requestPath = (endpoint, id) => `/queue/${endpoint.split("/").slice(0, 2).join("/")}/requests/${id}`;

export const result = (endpoint, id) => call(requestPath(endpoint, id));

export const cancel = (endpoint, id) => call(`${requestPath(endpoint, id)}/cancel`, { method: "PUT" });

/** State, new log lines and progress of a job, until it is over: pairs of the event's name and its data. */
export const jobEvents = (id, signal) => events(`/api/jobs/${id}/events`, signal);

/** Stores a picture and returns its address. */
export async function upload(file) {
  const name = file.name || "picture";
  const type = file.type || "application/octet-stream";
  const place = await call("/rest/storage/upload/initiate?storage_type=fal-cdn-v3", { method: "POST", body: { content_type: type, file_name: name } });
  const response = await fetch(place.upload_url, { method: "PUT", headers: { "content-type": type }, body: file });
  if (!response.ok) {
    throw new RequestFailed(response.status, await response.json().catch(() => null));
  }

  return place.file_url;
}

/** Server-sent events. EventSource cannot send the key, so the stream is read by hand. */
async function* events(path, signal) {
  const response = await fetch(base + path, { headers: headers({ accept: "text/event-stream" }), signal });
  if (!response.ok) {
    throw new RequestFailed(response.status, await response.json().catch(() => null));
  }

  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      return;
    }

    const parts = (pending + value.replaceAll("\r\n", "\n")).split("\n\n");
    pending = parts.pop();
    for (const part of parts) {
      const lines = part.split("\n");
      const read = (field) => lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).trim()).join("\n");
      if (read("data")) {
        yield [read("event"), JSON.parse(read("data"))];
      }
    }
  }
}
