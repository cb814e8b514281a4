// The form: one control for each field of the endpoint's own description, so that ranges, defaults and help are the server's.

import { upload } from "./client.js";

const longTexts = ["prompt", "negative_prompt"];
const first = ["prompt", "image_url", "end_image_url", "num_frames", "video_size", "seed"];

const element = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};

/** Builds the form and returns what reads and fills it. */
export function buildForm(container, schema, changed) {
  const names = (schema["x-fal-order-properties"] ?? Object.keys(schema.properties)).filter((name) => name in schema.properties);
  const fields = new Map(names.map((name) => [name, createField(name, schema.properties[name], schema.required?.includes(name), changed)]));
  const more = element("details", {}, element("summary", { textContent: "More settings" }));
  container.replaceChildren(...names.filter((name) => first.includes(name)).map((name) => fields.get(name).node), more);
  more.append(...names.filter((name) => !first.includes(name)).map((name) => fields.get(name).node));

  const showErrors = (errors) => {
    fields.forEach((field) => field.setError(""));
    let firstWrong = null;
    for (const error of errors) {
      const field = fields.get(error.loc?.[1]);
      if (field) {
        field.setError(field.error ? `${field.error} ${error.msg}` : error.msg);
        firstWrong ??= field;
      }
    }

    if (firstWrong && more.contains(firstWrong.node)) {
      more.open = true;
    }

    return firstWrong;
  };

  return {
    /** What differs from the defaults; the server knows the rest. */
    read: () => Object.fromEntries([...fields].map(([name, field]) => [name, field.read()]).filter(([, value]) => value !== undefined)),
    write: (input) => fields.forEach((field, name) => field.write(input[name])),
    showErrors,
    focusFirstError: (errors) => showErrors(errors)?.focus(),
  };
}

function createField(name, schema, required, changed) {
  const id = `field-${name}`;
  const help = element("p", { className: "help", id: `${id}-help`, textContent: helpText(schema) });
  const error = element("p", { className: "error", id: `${id}-error`, hidden: true });
  const control = createControl(id, name, schema, changed);
  const title = (schema.title ?? name) + (required ? " (required)" : "");
  const node = control.isGroup
    ? element("fieldset", { className: "field" }, element("legend", { textContent: title }), control.node, help, error)
    : element("div", { className: "field" }, element("label", { textContent: title, htmlFor: id }), control.node, help, error);
  node.dataset.field = name;
  control.main.setAttribute("aria-describedby", `${help.id} ${error.id}`);
  if (required) {
    control.main.setAttribute("aria-required", "true");
  }

  const field = {
    node,
    error: "",
    read: control.read,
    write: (value) => control.write(value === undefined || value === null ? schema.default : value),
    focus: () => control.main.focus(),
    setError: (text) => {
      field.error = text;
      error.textContent = text;
      error.hidden = !text;
      control.main.toggleAttribute("aria-invalid", Boolean(text));
      if (text) {
        control.main.setAttribute("aria-invalid", "true");
      }
    },
  };
  field.write(undefined);
  return field;
}

function createControl(id, name, schema, changed) {
  const type = schema.type ?? schema.anyOf?.find((option) => option.type && option.type !== "null")?.type;
  if (name.endsWith("image_url")) {
    return pictureControl(id, changed);
  }

  if (name === "video_size") {
    return sizeControl(id, schema, changed);
  }

  if (schema.enum) {
    return selectControl(id, schema, changed);
  }

  if (type === "boolean") {
    return checkControl(id, schema, changed);
  }

  return type === "integer" || type === "number" ? numberControl(id, schema, changed) : textControl(id, schema, longTexts.includes(name), changed);
}

function textControl(id, schema, isLong, changed) {
  const main = element(isLong ? "textarea" : "input", { id, oninput: changed });
  return {
    node: main,
    main,
    read: () => (main.value === (schema.default ?? "") && schema.default !== undefined ? undefined : main.value),
    write: (value) => (main.value = value ?? ""),
  };
}

function selectControl(id, schema, changed) {
  const main = element("select", { id, onchange: changed }, ...schema.enum.map((value) => element("option", { value, textContent: value })));
  return { node: main, main, read: () => (main.value === schema.default ? undefined : main.value), write: (value) => (main.value = value) };
}

function checkControl(id, schema, changed) {
  const main = element("input", { id, type: "checkbox", onchange: changed });
  return {
    node: main,
    main,
    read: () => (main.checked === schema.default ? undefined : main.checked),
    write: (value) => (main.checked = Boolean(value)),
  };
}

function numberControl(id, schema, changed) {
  // A text field, so that what was typed reaches the server and its answer the reader, instead of vanishing.
  const main = element("input", { id, type: "text", inputMode: "decimal", autocomplete: "off" });
  const hasRange = schema.minimum !== undefined && schema.maximum !== undefined;
  const slider = hasRange
    ? element("input", { type: "range", min: schema.minimum, max: schema.maximum, step: schema.type === "integer" ? 1 : (schema.maximum - schema.minimum) / 100, ariaLabel: `${schema.title ?? id} slider`, tabIndex: -1 })
    : null;
  main.oninput = () => {
    if (slider) {
      slider.value = main.value;
    }

    changed();
  };
  if (slider) {
    slider.oninput = () => {
      main.value = slider.value;
      changed();
    };
  }

  const write = (value) => {
    main.value = value ?? "";
    if (slider) {
      slider.value = main.value;
    }
  };
  return {
    node: slider ? element("div", { className: "both" }, slider, main) : main,
    main,
    read: () => {
      const text = main.value.trim();
      if (text === "" || text === String(schema.default)) {
        return text === "" && schema.default !== undefined && schema.default !== null ? text : undefined;
      }

      // Integers beyond 2^53 would be rounded by a number; the server reads them from a text as well.
      return /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text)) || Number.isNaN(Number(text)) ? text : Number(text);
    },
    write,
  };
}

function sizeControl(id, schema, changed) {
  const names = schema.anyOf?.find((option) => option.enum)?.enum ?? ["auto"];
  const main = element("select", { id }, ...[...names, "custom"].map((value) => element("option", { value, textContent: value })));
  const width = element("input", { type: "text", inputMode: "numeric", value: "512", ariaLabel: "Width in pixels", oninput: changed });
  const height = element("input", { type: "text", inputMode: "numeric", value: "512", ariaLabel: "Height in pixels", oninput: changed });
  const pair = element("div", { className: "pair" }, width, height);
  const number = (input) => (input.value.trim() !== "" && !Number.isNaN(Number(input.value)) ? Number(input.value) : input.value);
  main.onchange = () => {
    pair.hidden = main.value !== "custom";
    changed();
  };
  return {
    node: element("div", {}, main, pair),
    main,
    read: () => (main.value === "custom" ? { width: number(width), height: number(height) } : main.value === schema.default ? undefined : main.value),
    write: (value) => {
      const isCustom = typeof value === "object" && value !== null;
      main.value = isCustom ? "custom" : value ?? "auto";
      pair.hidden = !isCustom;
      if (isCustom) {
        width.value = value.width ?? 512;
        height.value = value.height ?? 512;
      }
    },
  };
}

function pictureControl(id, changed) {
  const main = element("input", { id, type: "text", placeholder: "address, or choose a file below", autocomplete: "off" });
  const picture = element("img", { alt: "", hidden: true });
  const note = element("span", { textContent: "Drop a picture here, or choose one:" });
  const chooser = element("input", { type: "file", accept: "image/*", ariaLabel: "Choose a picture file" });
  const drop = element("div", { className: "drop" }, picture, note, chooser);
  const show = () => {
    picture.hidden = !/^(https?:|data:image\/)/.test(main.value);
    if (!picture.hidden) {
      picture.src = main.value;
    }
  };
  picture.onerror = () => (picture.hidden = true);
  main.oninput = () => {
    show();
    changed();
  };
  const take = async (file) => {
    if (!file) {
      return;
    }

    note.textContent = `Uploading ${file.name} …`;
    try {
      main.value = await upload(file);
      note.textContent = `${file.name} is uploaded. Drop another one here, or choose:`;
    } catch (error) {
      note.textContent = `${file.name} was not uploaded: ${error.message}`;
    }

    show();
    changed();
  };
  chooser.onchange = () => take(chooser.files[0]);
  drop.ondragover = (event) => {
    event.preventDefault();
    drop.classList.add("over");
  };
  drop.ondragleave = () => drop.classList.remove("over");
  drop.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take(event.dataTransfer.files[0]);
  };
  return {
    node: element("div", {}, main, drop),
    main,
    read: () => main.value.trim() || undefined,
    write: (value) => {
      main.value = value ?? "";
      show();
    },
  };
}

function helpText(schema) {
  const range = schema.minimum !== undefined ? ` ${schema.minimum} … ${schema.maximum}.` : "";
  const text = schema.default === undefined || schema.default === null || String(schema.default).length > 40 ? "" : ` Default: ${schema.default}.`;
  return `${schema.description ?? ""}${range}${text}`.trim();
}
