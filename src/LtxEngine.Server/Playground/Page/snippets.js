// The current form as programs: what is shown works as it stands.

const shellQuoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const curl = (server, endpoint, input) => {
  const application = endpoint.split("/").slice(0, 2).join("/");
  return `key="\${FAL_KEY:-local:key}"

# hand the request over; the answer names its request_id
id=$(curl -s -X POST ${shellQuoted(`${server}/queue/${endpoint}`)} \\
  -H 'Content-Type: application/json' \\
  -H "Authorization: Key $key" \\
  -d ${shellQuoted(JSON.stringify(input, null, 2))} | sed 's/.*"request_id": *"\\([^"]*\\)".*/\\1/')

# wait until its status is COMPLETED
until curl -s -H "Authorization: Key $key" "${server}/queue/${application}/requests/$id/status" | grep -q COMPLETED; do sleep 1; done

# the result: the address of the video, seed and prompt
curl -s -H "Authorization: Key $key" "${server}/queue/${application}/requests/$id"
`;
};

const javascript = (server, endpoint, input) => `// npm install @fal-ai/client
import { fal } from "@fal-ai/client";

const server = ${JSON.stringify(server)};
const parts = { "fal.run": "/run", "queue.fal.run": "/queue", "rest.fal.ai": "/rest" };
const local = (address) => {
  const url = new URL(address);
  return url.host in parts ? server + parts[url.host] + url.pathname + url.search : String(address);
};
fal.config({ credentials: process.env.FAL_KEY ?? "local:key", fetch: (address, options) => fetch(local(address), options) });

const { data, requestId } = await fal.subscribe(${JSON.stringify(endpoint)}, {
  input: ${JSON.stringify(input, null, 2).replaceAll("\n", "\n  ")},
  logs: true,
  onQueueUpdate: (update) => update.status === "IN_PROGRESS" && update.logs.forEach((line) => console.log(line.message)),
});
console.log(requestId, data.video.url);
`;

const pythonValue = (value, indent = "") => {
  if (value === null) {
    return "None";
  }

  if (typeof value === "boolean") {
    return value ? "True" : "False";
  }

  if (typeof value !== "object") {
    return JSON.stringify(value);
  }

  const inner = `${indent}    `;
  return `{\n${Object.entries(value).map(([key, member]) => `${inner}${JSON.stringify(key)}: ${pythonValue(member, inner)},\n`).join("")}${indent}}`;
};

const python = (server, endpoint, input) => `# pip install fal-client
import os
os.environ.setdefault("FAL_KEY", "local:key")
import fal_client
import fal_client.client as client

server = ${JSON.stringify(server)}
client.RUN_URL_FORMAT = server + "/run/"
client.QUEUE_URL_FORMAT = server + "/queue/"
client.REST_URL = server + "/rest"
client.CDN_URL = server + "/cdn"

result = fal_client.subscribe(
    ${JSON.stringify(endpoint)},
    arguments=${pythonValue(input, "    ")},
    with_logs=True,
    on_queue_update=print,
)
print(result["video"]["url"])
`;

export const languages = { cURL: curl, JavaScript: javascript, Python: python };
