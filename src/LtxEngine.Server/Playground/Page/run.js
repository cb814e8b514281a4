// One job on the page: queue position, log lines, progress with a preview, then the video or what went wrong.

import * as client from "./client.js";

const byId = (id) => document.getElementById(id);
const stageNames = {
  prompt_expansion: "Writing the prompt",
  text_encoding: "Reading the prompt",
  image_conditioning: "Reading the pictures",
  denoising: "Denoising",
  upscaling: "Upscaling",
  refining: "Refining",
  audio_decoding: "Making the sound",
  video_decoding: "Making the frames",
  encoding: "Writing the file",
};

/** Follows a job until it is over; what was shown before goes. */
export async function follow(endpoint, id, onErrors, onState) {
  const stop = new AbortController();
  let state = "IN_QUEUE";
  clear();
  byId("cancel").hidden = false;
  byId("cancel").onclick = async () => {
    byId("cancel").disabled = true;
    say("Cancelling …");
    await client.cancel(endpoint, id).catch(() => {});
  };
  try {
    for await (const [name, data] of client.jobEvents(id, stop.signal)) {
      if (name === "progress") {
        showProgress(data);
      } else {
        showStatus(data);
        if (data.status !== state) {
          state = data.status;
          onState().catch(() => {});
        }
      }
    }

    await showResult(endpoint, id);
  } catch (error) {
    fail(error);
    onErrors(error.errors ?? []);
  } finally {
    stop.abort();
    byId("cancel").hidden = true;
    byId("cancel").disabled = false;
    byId("progress").hidden = true;
    byId("preview").hidden = true;
  }
}

/** Shows the outcome of a job that is over. */
export async function showResult(endpoint, id) {
  const output = await client.result(endpoint, id);
  const { video } = output;
  const isAnimation = video.content_type === "image/gif";
  const player = byId(isAnimation ? "animation" : "video");
  player.src = video.url;
  player.hidden = false;
  byId("download-link").href = video.url;
  byId("download-link").download = video.file_name ?? "clip";
  byId("download-link").textContent = `Download ${video.file_name ?? "the clip"}`;
  byId("facts").textContent = [
    `${video.width} × ${video.height}`,
    `${video.num_frames} frames at ${video.fps} a second`,
    `${video.duration} s`,
    video.file_size ? `${Math.ceil(video.file_size / 1024).toLocaleString("en")} KiB` : "",
    `seed ${output.seed}`,
  ].filter(Boolean).join(", ");
  byId("download").hidden = false;
  byId("result-json").textContent = JSON.stringify(output, null, 2);
  say("Done.");
}

export function clear() {
  for (const id of ["video", "animation", "preview", "download", "failure", "progress"]) {
    byId(id).hidden = true;
  }

  byId("video").removeAttribute("src");
  byId("animation").removeAttribute("src");
  byId("log").textContent = "";
  byId("result-json").textContent = "There is no result yet.";
}

/** The form can be used: what went wrong before it could goes. */
export function ready() {
  clear();
  say("Fill in the form and run it.");
}

export function fail(error) {
  byId("failure").textContent = error.message;
  byId("failure").hidden = error.status === 499;
  say(error.status === 499 ? "Cancelled." : "It did not work.");
}

function say(text) {
  // Announced by screen readers, so only when it says something new.
  if (byId("status").textContent !== text) {
    byId("status").textContent = text;
  }
}

function showStatus(status) {
  for (const line of status.logs ?? []) {
    byId("log").textContent += `${line.timestamp.slice(11, 19)} ${line.message}\n`;
  }

  byId("log").scrollTop = byId("log").scrollHeight;
  if (status.status === "IN_QUEUE") {
    say(status.queue_position > 0 ? `Waiting: ${status.queue_position} ahead in the queue.` : "Waiting: next in the queue.");
  } else if (status.status === "IN_PROGRESS" && byId("progress").hidden) {
    say("Running.");
  }
}

function showProgress(progress) {
  byId("progress").hidden = false;
  byId("progress").value = progress.fraction;
  byId("progress").setAttribute("aria-valuetext", `${progress.step} of ${progress.steps}`);
  const left = progress.stage_remaining === null ? "" : `, about ${Math.ceil(progress.stage_remaining)} s left`;
  say(`${stageNames[progress.stage] ?? progress.stage}${progress.steps > 1 ? `: ${progress.step} of ${progress.steps}${left}` : ""}`);
  if (progress.preview) {
    byId("preview").src = progress.preview;
    byId("preview").hidden = false;
  }
}
