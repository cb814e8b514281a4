// The page's start: form, estimate, snippets, history.

import * as client from "./client.js";
import { buildForm } from "./form.js";
import { clear, fail, follow, ready, showResult } from "./run.js";
import { languages } from "./snippets.js";

const byId = (id) => document.getElementById(id);
let endpoint = "";
let form = null;
let language = "cURL";
let estimating = null;
let timer = 0;

async function start() {
  client.keyField().value = sessionStorage.getItem("key") ?? "";
  client.keyField().onchange = () => {
    sessionStorage.setItem("key", client.keyField().value);
    start();
  };
  buildTabs();
  try {
    showModels(await client.models());
    const document = await client.describe(endpoint);
    const reference = document.paths[`/${endpoint}`].post.requestBody.content["application/json"].schema.$ref;
    form = buildForm(byId("fields"), document.components.schemas[reference.split("/").pop()], changed);
    byId("form").onsubmit = run;
    byId("form").hidden = false;
    byId("reset").onclick = () => {
      form.write({});
      clear();
      changed();
    };
    ready();
    changed();
    await showHistory();
  } catch (error) {
    fail(error);
  }
}

/** The models to choose from, where there are several; the choice lasts as long as the tab. */
function showModels(models) {
  const chosen = sessionStorage.getItem("model");
  endpoint = models.includes(chosen) ? chosen : models[0];
  byId("endpoint").textContent = endpoint;
  byId("model-choice").hidden = models.length < 2;
  byId("model").replaceChildren(...models.map((name) => new Option(name, name)));
  byId("model").value = endpoint;
  byId("model").onchange = () => {
    endpoint = byId("model").value;
    sessionStorage.setItem("model", endpoint);
    byId("endpoint").textContent = endpoint;
    changed();
    showHistory().catch(fail);
  };
}

async function run(event) {
  event.preventDefault();
  const model = endpoint;
  clear();
  byId("run").disabled = true;
  byId("result").scrollIntoView({ block: "nearest" });
  try {
    const input = form.read();
    const { request_id: id } = await client.submit(model, input);
    form.showErrors([]);
    await showHistory();
    await follow(model, id, form.focusFirstError, showHistory);
  } catch (error) {
    fail(error);
    form.focusFirstError(error.errors ?? []);
  } finally {
    byId("run").disabled = false;
    await showHistory();
  }
}

function changed() {
  const input = form.read();
  byId("request-address").textContent = `POST ${client.submitAddress(endpoint)}`;
  byId("request-json").textContent = JSON.stringify(input, null, 2);
  showSnippet();
  clearTimeout(timer);
  timer = setTimeout(showEstimate, 300);
}

async function showEstimate() {
  estimating?.abort();
  estimating = new AbortController();
  const { signal } = estimating;
  try {
    const plan = await client.estimate(endpoint, form.read(), signal);
    form.showErrors([]);
    const price = plan.price.toFixed(4);
    byId("estimate").textContent = `${plan.is_exact ? "" : "About "}${plan.width} × ${plan.height}, ${plan.num_frames} frames (${plan.duration} s): ${plan.price_units} megapixel${plan.price_units === 1 ? "" : "s"}, `
      + `which cost $${price} at the hosted endpoint. ${plan.warnings.join(" ")}`;
  } catch (error) {
    if (!signal.aborted) {
      // An empty form is no mistake yet: what is missing is told when it is run.
      form.showErrors((error.errors ?? []).filter((one) => one.type !== "missing"));
      byId("estimate").textContent = "";
    }
  }
}

function buildTabs() {
  const tabs = Object.keys(languages).map((name) => {
    const tab = document.createElement("button");
    Object.assign(tab, { type: "button", textContent: name, className: "quiet" });
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", "snippet");
    tab.onclick = () => choose(name);
    tab.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) {
        const index = (tabs.indexOf(tab) + step + tabs.length) % tabs.length;
        choose(tabs[index].textContent);
        tabs[index].focus();
      }
    };
    return tab;
  });
  byId("languages").replaceChildren(...tabs);
  byId("copy").onclick = () => navigator.clipboard.writeText(byId("snippet").textContent);
  const choose = (name) => {
    language = name;
    tabs.forEach((tab) => {
      tab.setAttribute("aria-selected", String(tab.textContent === name));
      tab.tabIndex = tab.textContent === name ? 0 : -1;
    });
    showSnippet();
  };
  choose(language);
}

function showSnippet() {
  if (form) {
    byId("snippet").textContent = languages[language](client.serverAddress, endpoint, form.read());
  }
}

async function showHistory() {
  const model = endpoint;
  const jobs = await client.history(model);
  if (model !== endpoint) {
    return;
  }

  byId("jobs").replaceChildren(...jobs.map((job) => {
    const item = document.createElement("li");
    const what = Object.assign(document.createElement("span"), { className: "what", textContent: job.input?.prompt || job.request_id });
    const state = Object.assign(document.createElement("span"), { className: "state", textContent: stateOf(job) });
    const time = Object.assign(document.createElement("time"), { dateTime: job.created, textContent: new Date(job.created).toLocaleString() });
    const open = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: "Open", ariaLabel: `Open ${what.textContent}` });
    open.onclick = () => openJob(model, job);
    item.append(what, state, time, open);
    return item;
  }));
}

function stateOf(job) {
  return job.status === "COMPLETED"
    ? { 200: "done", 499: "cancelled" }[job.status_code] ?? "failed"
    : { IN_QUEUE: "waiting", IN_PROGRESS: "running" }[job.status];
}

async function openJob(model, job) {
  form.write(job.input ?? {});
  changed();
  byId("result").focus();
  if (job.status === "COMPLETED") {
    clear();
    await showResult(model, job.request_id).catch(fail);
  } else {
    await follow(model, job.request_id, form.focusFirstError, showHistory);
    await showHistory();
  }
}

start();
